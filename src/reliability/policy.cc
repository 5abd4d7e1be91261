// SPDX-License-Identifier: Apache-2.0
#include "reliability/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/fault.h"

namespace trainyard {
namespace {

void need(const char* what, double value, double least, double most) {
  if (value >= least && value <= most) return;
  throw Fault(FaultKind::usage,
              fmt::format("{} must be from {} to {}, not {}", what, least, most, value));
}

void check_policy(const ReliabilityPolicy& policy, const JobShape& shape) {
  constexpr double kBest = ReliabilityPolicy::kBest;
  need("spare nodes over the job's", policy.spare_share, 0, 10);
  need("least share of replicas", policy.replicas_min_share, 0, 1);
  need("minutes between disk checkpoints", policy.disk_minutes, kBest, 1e7);
  need("minutes between memory checkpoints", policy.memory_minutes, kBest, 1e7);
  need("minutes between validations", policy.validation_minutes, kBest, 1e7);
  need("bytes of a checkpoint", shape.checkpoint_bytes, 0, 1e24);
  need("a step's seconds", shape.step_s, 1e-6, 1e9);
  need("chips", static_cast<double>(shape.chips), 1, 1e9);
  need("chips of a node", static_cast<double>(shape.chips_per_node), 1, 1e9);
}

// Steps in so many minutes; where they are to be searched, in `guess_s`; 0 for 0.
std::int64_t interval(double minutes, double guess_s, double least_s, double step_s) {
  if (minutes == 0) return 0;
  const double seconds = minutes < 0 ? std::max(guess_s, least_s) : minutes * 60;
  return std::clamp(std::ceil(seconds / step_s - 1e-9), 1.0, 1e9);
}

CheckpointLevel level_of(const JobShape& shape, double write_bytes_per_s, double read_bytes_per_s,
                         double copy_s, bool asynchronous) {
  CheckpointLevel level;
  level.bytes = shape.checkpoint_bytes;
  level.write_bytes_per_s = write_bytes_per_s;
  level.read_bytes_per_s = read_bytes_per_s;
  level.asynchronous = asynchronous;
  level.pause_s = asynchronous ? copy_s : 0;
  return level;
}

void set_checkpoints(ReliabilityJob& job, const ReliabilityProfile& profile,
                     const ReliabilityPolicy& policy, const JobShape& shape) {
  const auto chips = static_cast<double>(shape.chips);
  const CheckpointRates& rates = profile.rates;
  const double copy_s = shape.checkpoint_bytes / (chips * rates.copy_per_chip);
  job.disk = level_of(shape, std::min(rates.disk_most, chips * rates.disk_write_per_chip),
                      std::min(rates.disk_most, chips * rates.disk_read_per_chip), copy_s,
                      policy.asynchronous);
  job.memory = level_of(shape, chips * rates.peer_per_chip, chips * rates.peer_per_chip, copy_s,
                        policy.asynchronous);
  const double stops = std::max(1e-9, failures_per_s(job, Effect::stops));
  const double corrupts = std::max(1e-9, failures_per_s(job, Effect::corrupts));
  job.memory.interval_steps =
      interval(policy.memory_minutes, std::sqrt(2 * job.memory.blocking_s() / stops),
               job.memory.write_s(), job.step_s);
  job.disk.interval_steps =
      interval(policy.disk_minutes, std::max(600.0, std::sqrt(2 * job.disk.blocking_s() / stops)),
               job.disk.write_s(), job.step_s);
  job.validation.seconds = profile.validation_s;
  job.validation.found = profile.validation_found;
  job.validation.interval_steps = interval(
      policy.validation_minutes, std::sqrt(profile.validation_s / corrupts), 0, job.step_s);
}

}  // namespace

ReliabilityJob make_job(const ReliabilityProfile& profile, const ReliabilityPolicy& policy,
                        const JobShape& shape) {
  check_policy(policy, shape);
  ReliabilityJob job;
  job.chips = shape.chips;
  job.chips_per_node = shape.chips_per_node;
  job.spare_nodes =
      static_cast<std::int64_t>(std::ceil(policy.spare_share * static_cast<double>(job.nodes())));
  job.days = policy.days;
  job.step_s = shape.step_s;
  job.failures = profile.failures;
  job.gap_shape = profile.gap_shape;
  job.restart = profile.restart;
  if (policy.noise) job.noise = profile.noise;
  set_checkpoints(job, profile, policy, shape);
  if (policy.elastic && shape.replicas > 1) {
    const auto least = static_cast<std::int64_t>(
        std::ceil(policy.replicas_min_share * static_cast<double>(shape.replicas)));
    job.elastic.enabled = true;
    job.elastic.replicas = shape.replicas;
    job.elastic.replicas_min = std::clamp<std::int64_t>(least, 1, shape.replicas);
    job.elastic.regroup_s = profile.regroup_s;
    job.elastic.replicas_hold_the_state = !shape.sharded;
  }
  check_job(job);
  return job;
}

std::vector<IntervalSearch> other_intervals(const PolicyReport& report,
                                            const ReliabilityPolicy& policy,
                                            const GoodputOptions& options) {
  std::vector<IntervalSearch> searches;
  for (const auto& [minutes, kind] :
       {std::pair<double, IntervalKind>{policy.memory_minutes, IntervalKind::memory},
        {policy.disk_minutes, IntervalKind::disk},
        {policy.validation_minutes, IntervalKind::validation}}) {
    if (minutes > 0) searches.push_back(best_interval(report.job, kind, options));
  }
  return searches;
}

PolicyReport simulate_policy(const ReliabilityProfile& profile, const ReliabilityPolicy& policy,
                             const JobShape& shape, const GoodputOptions& options) {
  PolicyReport report;
  report.job = make_job(profile, policy, shape);
  struct Open {
    double minutes;
    IntervalKind kind;
    std::int64_t* steps;
  };
  const Open all[] = {
      {policy.memory_minutes, IntervalKind::memory, &report.job.memory.interval_steps},
      {policy.disk_minutes, IntervalKind::disk, &report.job.disk.interval_steps},
      {policy.validation_minutes, IntervalKind::validation, &report.job.validation.interval_steps},
  };
  std::size_t open = 0;
  for (const Open& one : all) open += one.minutes < 0 ? 1 : 0;
  for (int round = 0; round < (open > 1 ? 2 : 1); ++round) {
    report.searches.clear();
    for (const Open& one : all) {
      if (one.minutes >= 0) continue;
      report.searches.push_back(best_interval(report.job, one.kind, options));
      *one.steps = report.searches.back().best.steps;
    }
  }
  report.goodput = simulate_goodput(report.job, options);
  return report;
}

}  // namespace trainyard
