// SPDX-License-Identifier: Apache-2.0
#include "reliability/job.h"

#include <fmt/format.h>

#include <cmath>

#include "base/fault.h"

namespace trainyard {
namespace {

constexpr double kSecondsMax = 1e9;  // 30 years
constexpr double kRateMax = 1e12;    // a day
constexpr std::int64_t kCountMax = 1'000'000'000;
constexpr std::size_t kKindsMax = 64;

void need(const std::string& what, double value, double least, double most,
          const std::string& unit) {
  if (value >= least && value <= most) return;
  throw Fault(FaultKind::usage,
              fmt::format("{} must be from {} to {} {}, not {}", what, least, most, unit, value),
              least >= 0 && value < 0 ? "times, rates and sizes are never negative" : "");
}

void need_count(const std::string& what, std::int64_t value, std::int64_t least) {
  if (value >= least && value <= kCountMax) return;
  throw Fault(FaultKind::usage,
              fmt::format("{} must be from {} to {}, not {}", what, least, kCountMax, value));
}

void check_duration(const std::string& what, const Duration& duration) {
  need(what, duration.mean_s, 0, kSecondsMax, "s");
  if (duration.spread == Spread::lognormal) need(what + ": cv", duration.cv, 0, 100, "");
}

void check_kind(const FailureKind& kind) {
  const std::string name = fmt::format("failure \"{}\": ", kind.name);
  need(name + "failures per chip and day", kind.per_chip_day, 0, kRateMax, "");
  need(name + "failures per node and day", kind.per_node_day, 0, kRateMax, "");
  need(name + "failures per day", kind.per_day, 0, kRateMax, "");
  check_duration(name + "detection", kind.detection);
  check_duration(name + "repair", kind.repair);
  need_count(name + "nodes", kind.nodes, 0);
  need(name + "probability that the copy in memory is lost", kind.copy_lost, 0, 1, "");
  need(name + "slowdown", kind.slowdown, 0, 1e6, "");
}

void check_level(const std::string& name, const CheckpointLevel& level, double step_s) {
  need_count(name + " checkpoint: steps between two", level.interval_steps, 0);
  need(name + " checkpoint", level.bytes, 0, 1e24, "bytes");
  need(name + " checkpoint: pause", level.pause_s, 0, kSecondsMax, "s");
  if (level.bytes > 0) {
    need(name + " checkpoint: writing", level.write_bytes_per_s, 1, 1e24, "bytes/s");
    need(name + " checkpoint: reading", level.read_bytes_per_s, 1, 1e24, "bytes/s");
  }
  const double between_s = static_cast<double>(level.interval_steps) * step_s;
  if (level.interval_steps > 0 && level.asynchronous && level.write_s() > between_s) {
    throw Fault(
        FaultKind::usage,
        fmt::format("a {} checkpoint takes {:.4g} s to write, but the next one is due after "
                    "{:.4g} s",
                    name, level.write_s(), between_s),
        fmt::format("leave at least {:.0f} steps between two",
                    std::ceil(level.write_s() / step_s)));
  }
}

void check_elastic(const Elastic& elastic, std::int64_t nodes) {
  if (!elastic.enabled) return;
  need_count("elastic: replicas", elastic.replicas, 1);
  need_count("elastic: least replicas", elastic.replicas_min, 1);
  need("elastic: regrouping", elastic.regroup_s, 0, kSecondsMax, "s");
  if (elastic.replicas_min > elastic.replicas) {
    throw Fault(FaultKind::usage, fmt::format("a job of {} replicas cannot need {} of them",
                                              elastic.replicas, elastic.replicas_min));
  }
  if (elastic.replicas > nodes) {
    throw Fault(FaultKind::usage,
                fmt::format("{} replicas share {} nodes, so that none can be dropped alone",
                            elastic.replicas, nodes),
                "switch elastic off, or give at most one replica a node");
  }
}

void check_noise(const StepNoise& noise) {
  need("noise: sigma of a chip's step", noise.chip_sigma_s, 0, kSecondsMax, "s");
  need("noise: largest sigma over a step", noise.chip_sigma_most, 0, 1, "");
  need("noise: hiccups per chip and day", noise.hiccups_per_chip_day, 0, 1e6, "");
  need("noise: hiccups per day", noise.hiccups_per_day, 0, 1e6, "");
  if (noise.hiccups_per_chip_day + noise.hiccups_per_day == 0) return;
  need("noise: least hiccup", noise.hiccup_least_s, 1e-9, kSecondsMax, "s");
  need("noise: longest hiccup", noise.hiccup_most_s, noise.hiccup_least_s, kSecondsMax, "s");
  need("noise: tail of hiccups", noise.hiccup_tail, 0.1, 100, "");
}

}  // namespace

void check_job(const ReliabilityJob& job) {
  need_count("chips", job.chips, 1);
  need_count("chips of a node", job.chips_per_node, 1);
  need_count("spare nodes", job.spare_nodes, 0);
  need("days", job.days, 1e-6, 36'525, "days");
  need("a step", job.step_s, 1e-6, kSecondsMax, "s");
  need_count("chips whose noise the step has", job.noise_in_step_chips, 1);
  need("shape of the times between failures", job.gap_shape, 0.2, 20, "");
  if (job.failures.size() > kKindsMax) {
    throw Fault(FaultKind::usage, fmt::format("at most {} kinds of failures", kKindsMax));
  }
  for (const FailureKind& kind : job.failures) check_kind(kind);
  check_level("disk", job.disk, job.step_s);
  check_level("memory", job.memory, job.step_s);
  need_count("validation: steps between two", job.validation.interval_steps, 0);
  need("validation", job.validation.seconds, 0, kSecondsMax, "s");
  need("validation: share found", job.validation.found, 0, 1, "");
  need("restart: scheduling", job.restart.schedule_s, 0, kSecondsMax, "s");
  need("restart: warm-up", job.restart.warm_up_s, 0, kSecondsMax, "s");
  check_elastic(job.elastic, job.nodes());
  check_noise(job.noise);
}

double failures_per_s(const ReliabilityJob& job, Effect effect) {
  double per_day = 0;
  for (const FailureKind& kind : job.failures) {
    if (kind.effect != effect) continue;
    per_day += kind.per_chip_day * static_cast<double>(job.chips) +
               kind.per_node_day * static_cast<double>(job.nodes()) + kind.per_day;
  }
  return per_day / 86'400;
}

double failures_per_s(const ReliabilityJob& job) {
  return failures_per_s(job, Effect::stops) + failures_per_s(job, Effect::corrupts) +
         failures_per_s(job, Effect::slows) + failures_per_s(job, Effect::planned);
}

std::string effect_name(Effect effect) {
  switch (effect) {
    case Effect::stops:
      return "stops";
    case Effect::corrupts:
      return "corrupts";
    case Effect::slows:
      return "slows";
    case Effect::planned:
      return "planned";
  }
  return "";
}

}  // namespace trainyard
