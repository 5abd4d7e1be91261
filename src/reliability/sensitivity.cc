// SPDX-License-Identifier: Apache-2.0
#include "reliability/sensitivity.h"

#include <algorithm>
#include <cmath>

namespace trainyard {
namespace {

constexpr double kFailures = 1e5;  // of each simulation
constexpr std::int64_t kRunsLeast = 8;

bool uncertain(const SourcedNumber& number) {
  return number.origin == "assumed" || number.key.ends_with(".rate") ||
         number.key == "noise.hiccups";
}

std::int64_t kept_interval(const CheckpointLevel& before, const CheckpointLevel& now,
                           double step_s) {
  if (before.interval_steps == 0 || !now.asynchronous) return before.interval_steps;
  return std::max(before.interval_steps,
                  static_cast<std::int64_t>(std::ceil(now.write_s() / step_s)));
}

}  // namespace

GoodputSensitivity goodput_sensitivity(const Document& document, const ReliabilityPolicy& policy,
                                       const JobShape& shape, const ReliabilityJob& job,
                                       const GoodputOptions& options) {
  GoodputOptions few = options;
  const double failures = std::max(1.0, failures_per_s(job) * job.days * 86'400);
  few.runs = std::clamp(static_cast<std::int64_t>(kFailures / failures), kRunsLeast,
                        std::max(kRunsLeast, options.runs));
  const auto goodput_of = [&](const std::optional<Scaled>& scaled) {
    ReliabilityJob other = make_job(read_reliability(document, scaled), policy, shape);
    other.disk.interval_steps = kept_interval(job.disk, other.disk, job.step_s);
    other.memory.interval_steps = kept_interval(job.memory, other.memory, job.step_s);
    other.validation.interval_steps = job.validation.interval_steps;
    return simulate_goodput(other, few).goodput.mean;
  };
  GoodputSensitivity result;
  result.goodput = goodput_of({});
  double down = 0, up = 0;
  for (const SourcedNumber& number : read_reliability(document).numbers) {
    if (!uncertain(number)) continue;
    Moved moved{number, goodput_of(Scaled{number.key, 0.5}), goodput_of(Scaled{number.key, 2})};
    const auto [least, most] = std::minmax(moved.at_half, moved.at_double);
    down += std::pow(std::max(0.0, result.goodput - least), 2);
    up += std::pow(std::max(0.0, most - result.goodput), 2);
    result.moved.push_back(std::move(moved));
  }
  std::stable_sort(result.moved.begin(), result.moved.end(), [](const Moved& a, const Moved& b) {
    return std::abs(a.at_half - a.at_double) > std::abs(b.at_half - b.at_double);
  });
  result.low = std::max(0.0, result.goodput - std::sqrt(down));
  result.high = std::min(1.0, result.goodput + std::sqrt(up));
  return result;
}

}  // namespace trainyard
