// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/elementary.h"
#include "base/fault.h"
#include "reliability/life.h"
#include "reliability/step_noise.h"

namespace trainyard {

const char* cause_name(Cause cause) {
  static constexpr std::array<const char*, kCauses> kNames = {
      "useful",          "rework",     "jitter",    "straggler", "degraded", "memory_checkpoint",
      "disk_checkpoint", "validation", "detection", "waiting",   "restart",  "maintenance"};
  return kNames.at(static_cast<std::size_t>(cause));
}

namespace {

DrawnDuration drawn(const Duration& duration) {
  DrawnDuration ready{duration.spread, duration.mean_s};
  if (duration.spread == Spread::lognormal) {
    const double variance = portable_log(1 + duration.cv * duration.cv);
    ready.sigma = std::sqrt(variance);
    ready.median_s = duration.mean_s * portable_exp(-0.5 * variance);
  }
  return ready;
}

}  // namespace

LifePlan::LifePlan(const ReliabilityJob& given) : job(given) {
  check_job(job);
  noise_factor = StepDistribution(job).mean_s() / job.step_s;
  const auto chips = static_cast<double>(job.chips), nodes = static_cast<double>(job.nodes());
  for (const FailureKind& kind : job.failures) {
    const double of_size = (kind.per_chip_day * chips + kind.per_node_day * nodes) / 86'400;
    const double of_job = kind.per_day / 86'400;
    size_per_s += of_size;
    job_per_s += of_job;
    by_size.push_back(size_per_s);
    by_job.push_back(job_per_s);
    detections.push_back(drawn(kind.detection));
    repairs.push_back(drawn(kind.repair));
    if (kind.effect != Effect::stops) continue;
    stops_by_size_per_s += of_size;
    stops_by_job_per_s += of_job;
  }
  gap_scale = job.gap_shape == 1 ? 1 : 1 / portable_gamma(1 + 1 / job.gap_shape);
  if (job.elastic.enabled) {
    replicas = job.elastic.replicas;
    replicas_min = job.elastic.replicas_min;
  }
  nodes_per_replica = nodes / static_cast<double>(replicas);
  const double share = static_cast<double>(replicas_min) / static_cast<double>(replicas);
  const double expected = failures_per_s(1) * end_s();
  if (expected > kFailuresOfALifeMax && !hopeless(shortest_restart_s(), end_s(), share)) {
    throw Fault(FaultKind::limit,
                fmt::format("{:.3g} failures are expected in {:.4g} days, one every {:.3g} s; one "
                            "life may have {:.0g}",
                            expected, job.days, 1 / failures_per_s(1), kFailuresOfALifeMax),
                "look at the failure rates: are they per chip and day?");
  }
}

double LifePlan::shortest_restart_s() const {
  if (job.elastic.enabled) return job.elastic.regroup_s;
  const bool memory = job.memory.interval_steps > 0, disk = job.disk.interval_steps > 0;
  double load_s = disk ? job.disk.read_s() : 0;
  if (memory) load_s = std::min(disk ? load_s : job.memory.read_s(), job.memory.read_s());
  return job.restart.schedule_s + load_s + job.restart.warm_up_s;
}

bool LifePlan::hopeless(double length_s, double left_s, double share) const {
  const double per_s = stops_by_size_per_s * share + stops_by_job_per_s;
  const double gaps = per_s * length_s / gap_scale;
  const double exponent =
      job.gap_shape == 1 || gaps <= 0 ? gaps : portable_exp(job.gap_shape * portable_log(gaps));
  if (exponent < 20) return false;  // e^-20 is 2e-9
  return (per_s * left_s + 1) * portable_exp(-exponent) < 1e-9;
}

}  // namespace trainyard
