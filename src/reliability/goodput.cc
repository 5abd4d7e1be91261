// SPDX-License-Identifier: Apache-2.0
#include "reliability/goodput.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "base/fault.h"

namespace trainyard {
namespace {

constexpr std::int64_t kRunsMax = 1'000'000;
constexpr int kThreadsMax = 256;
constexpr double kFailuresMax = 2e9;  // of all lives together: minutes

// Student's t that 2.5 % are above, by its expansion about the normal distribution's.
double student_t(double freedom) {
  constexpr double kZ = 1.959963984540054, z3 = kZ * kZ * kZ, z5 = z3 * kZ * kZ;
  if (freedom < 3) return freedom < 2 ? 12.706 : 4.303;
  return kZ + (z3 + kZ) / (4 * freedom) + (5 * z5 + 16 * z3 + 3 * kZ) / (96 * freedom * freedom);
}

Estimate estimate(const std::vector<Life>& lives, const std::function<double(const Life&)>& of) {
  std::vector<double> values;
  Estimate e;
  const auto n = static_cast<double>(lives.size());
  for (const Life& life : lives) values.push_back(of(life));
  for (const double value : values) e.mean += value / n;
  double squares = 0;
  for (const double value : values) squares += (value - e.mean) * (value - e.mean);
  const double error = lives.size() > 1 ? student_t(n - 1) * std::sqrt(squares / (n - 1) / n) : 0;
  e.low = e.mean - error;
  e.high = e.mean + error;
  std::sort(values.begin(), values.end());
  const auto at = [&](double p) { return values[static_cast<std::size_t>(p * (n - 1) + 0.5)]; };
  e.life_low = at(0.025);
  e.life_high = at(0.975);
  return e;
}

double mean(const std::vector<Life>& lives, const std::function<double(const Life&)>& of) {
  double sum = 0;
  for (const Life& life : lives) sum += of(life);
  return sum / static_cast<double>(lives.size());
}

std::vector<Life> all_lives(const LifePlan& plan, const GoodputOptions& options) {
  std::vector<Life> lives(static_cast<std::size_t>(options.runs));
  std::atomic<std::size_t> next = 0;
  std::exception_ptr problem;
  std::mutex mutex;
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < lives.size(); i = next++) {
        lives[i] = live(plan, options.seed, i);
      }
    } catch (...) {
      next = lives.size();
      const std::lock_guard lock(mutex);
      if (!problem) problem = std::current_exception();
    }
  };
  int threads =
      options.threads > 0 ? options.threads : static_cast<int>(std::thread::hardware_concurrency());
  threads = static_cast<int>(
      std::clamp<std::int64_t>(threads, 1, std::min<std::int64_t>(kThreadsMax, options.runs)));
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  if (problem) std::rethrow_exception(problem);
  return lives;
}

void check_options(const LifePlan& plan, const GoodputOptions& options) {
  if (options.runs < 1 || options.runs > kRunsMax) {
    throw Fault(FaultKind::usage,
                fmt::format("runs must be from 1 to {}, not {}", kRunsMax, options.runs));
  }
  if (options.threads < 0 || options.threads > kThreadsMax) {
    throw Fault(FaultKind::usage, fmt::format("threads must be from 0 (the host's) to {}, not {}",
                                              kThreadsMax, options.threads));
  }
  const double expected = std::min(plan.failures_per_s(1) * plan.end_s(), kFailuresOfALifeMax);
  if (expected * static_cast<double>(options.runs) > kFailuresMax) {
    throw Fault(
        FaultKind::limit,
        fmt::format("{} runs would meet {:.3g} failures; at most {:.0g} are followed", options.runs,
                    expected * static_cast<double>(options.runs), kFailuresMax),
        fmt::format("ask for at most {:.0f} runs", std::floor(kFailuresMax / expected)));
  }
}

// Means by cause as multiples of 2^-50 that add up to 1; the largest takes what rounding leaves.
std::array<double, kCauses> exact_shares(const std::vector<Life>& lives, double end_s) {
  std::array<double, kCauses> means{};
  double sum = 0;
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    means[cause] = mean(lives, [&](const Life& life) { return life.seconds[cause]; });
    sum += means[cause];
  }
  if (std::abs(sum / end_s - 1) > 1e-6) {
    throw Fault(FaultKind::internal, fmt::format("a life of {} s accounts for {} s", end_s, sum));
  }
  std::int64_t left = std::int64_t{1} << 50;
  std::array<std::int64_t, kCauses> parts{};
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    parts[cause] = static_cast<std::int64_t>(means[cause] / sum * 0x1p50);
    left -= parts[cause];
  }
  *std::max_element(parts.begin(), parts.end()) += left;
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    means[cause] = static_cast<double>(parts[cause]) * 0x1p-50;
  }
  return means;
}

std::vector<KindReport> kind_reports(const ReliabilityJob& job, const std::vector<Life>& lives) {
  std::vector<KindReport> kinds;
  for (std::size_t i = 0; i < job.failures.size(); ++i) {
    const FailureKind& kind = job.failures[i];
    KindReport report{kind.name, effect_name(kind.effect), kind.origin};
    const auto of = [&](auto member) {
      return mean(lives,
                  [&](const Life& life) { return static_cast<double>(life.kinds[i].*member); });
    };
    report.failures = of(&LifeOfKind::failures);
    report.interruptions = of(&LifeOfKind::interruptions);
    report.lost_share = of(&LifeOfKind::lost_s) / (job.days * 86'400);
    kinds.push_back(std::move(report));
  }
  return kinds;
}

double seconds_of(double steps, const LifePlan& plan) {
  return steps < Intervals::kNone ? steps * plan.job.step_s * plan.noise_factor : 0;
}

std::vector<std::string> remarks_on(const ReliabilityJob& job, const GoodputReport& report) {
  std::vector<std::string> remarks;
  if (report.never_returned > 0) {
    remarks.push_back(fmt::format(
        "in {:.1f} % of runs the job stood still for good: the next failure always came before a "
        "restart was over",
        100 * report.never_returned));
  }
  if (report.share(Cause::waiting) > 0.01) {
    remarks.push_back(fmt::format(
        "{:.1f} % of the time went to waiting for nodes: {} spares are too few for {:.0f} nodes in "
        "repair at once",
        100 * report.share(Cause::waiting), job.spare_nodes, report.nodes_out_most));
  }
  if (report.corruptions_unfound > 0.005) {
    remarks.push_back(fmt::format(
        "{:.2f} silent corruptions a run are never found: {}", report.corruptions_unfound,
        job.validation.interval_steps == 0 ? "no validation is planned"
                                           : "validations find a share only"));
  }
  if (job.chips > job.noise.measured_chips && report.noise_factor > 1.005) {
    remarks.push_back(fmt::format(
        "steps take {:.1f} % longer by the noise of {} chips; it was measured on jobs of "
        "up to {}",
        100 * (report.noise_factor - 1), job.chips, job.noise.measured_chips));
  }
  if (job.disk.interval_steps == 0 && job.memory.interval_steps == 0 &&
      failures_per_s(job, Effect::stops) > 0) {
    remarks.push_back(fmt::format(
        "nothing is saved: a failure that no replica survives throws the job back to its start"));
  }
  return remarks;
}

}  // namespace

GoodputReport simulate_goodput(const ReliabilityJob& job, const GoodputOptions& options) {
  const LifePlan plan(job);
  check_options(plan, options);
  const std::vector<Life> lives = all_lives(plan, options);
  GoodputReport report;
  report.runs = options.runs;
  report.seed = options.seed;
  report.chips = job.chips;
  report.nodes = job.nodes();
  report.spare_nodes = job.spare_nodes;
  report.days = job.days;
  report.step_s = job.step_s;
  const double end_s = plan.end_s();
  report.goodput = estimate(lives, [&](const Life& life) {
    return life.seconds[static_cast<std::size_t>(Cause::useful)] / end_s;
  });
  report.steps = estimate(lives, [](const Life& life) { return life.steps; });
  report.interruptions = estimate(lives, [](const Life& life) {
    std::int64_t sum = 0;
    for (const LifeOfKind& kind : life.kinds) sum += kind.interruptions;
    return static_cast<double>(sum);
  });
  report.shares = exact_shares(lives, end_s);
  report.effective =
      report.share(Cause::useful) + report.share(Cause::jitter) + report.share(Cause::straggler);
  report.kinds = kind_reports(job, lives);
  const double per_s = plan.failures_per_s(1);
  report.failure_gap_s = per_s > 0 ? 1 / per_s : 0;
  const double interruptions = report.interruptions.mean;
  report.interruption_gap_s = interruptions > 0 ? end_s / interruptions : 0;
  const auto count = [&](auto member) {
    return mean(lives, [&](const Life& life) { return static_cast<double>(life.*member); });
  };
  report.disk_restores = count(&Life::disk_restores);
  report.memory_restores = count(&Life::memory_restores);
  report.restarts_broken = count(&Life::restarts_broken);
  report.corruptions_unfound = count(&Life::corruptions_unfound);
  report.nodes_out_most = count(&Life::nodes_out_most);
  report.never_returned = count(&Life::never_returned);
  report.noise_factor = plan.noise_factor;
  const Intervals intervals = intervals_of(job);
  report.memory_interval_s = seconds_of(intervals.memory, plan);
  report.disk_interval_s = seconds_of(intervals.disk, plan);
  report.validation_interval_s = seconds_of(intervals.validation, plan);
  report.remarks = remarks_on(job, report);
  return report;
}

}  // namespace trainyard
