// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/scaling.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/fault.h"

namespace trainyard {
namespace {

constexpr int kSizes = 14;

// Replicas come in multiples of this: whole chips, and expert groups that divide a stage.
std::int64_t smallest_replicas(const Scenario& scenario) {
  const Plan& plan = scenario.plan;
  const auto multiple = [](std::int64_t of, std::int64_t by) { return of / std::gcd(of, by); };
  const std::int64_t stage = plan.tensor * plan.context;
  return std::lcm(multiple(scenario.system.chip.ranks, stage * plan.pipeline),
                  multiple(plan.expert, stage));
}

std::set<std::int64_t> replicas_to_try(const Scenario& scenario) {
  const Plan& plan = scenario.plan;
  const std::int64_t least = smallest_replicas(scenario);
  const std::int64_t inner = plan.tensor * plan.context * plan.pipeline;
  const std::int64_t most =
      scenario.system.levels.back().chips * scenario.system.chip.ranks / inner / least;
  std::set<std::int64_t> sizes = {plan.data};
  for (int i = 0; i < kSizes && most >= 1; ++i) {
    const double share = static_cast<double>(i) / (kSizes - 1);
    sizes.insert(least * std::llround(std::pow(static_cast<double>(most), share)));
  }
  return sizes;
}

// The largest divisor of `of` that is no more than `most` and a multiple of `least`; 0: none.
std::int64_t divisor_below(std::int64_t of, std::int64_t most, std::int64_t least) {
  for (std::int64_t at = most / least * least; at > most / 2; at -= least) {
    if (of % at == 0) return at;
  }
  return 0;
}

// Sizes that the plan's schedule cannot have are left out.
void add_point(Scenario scenario, std::int64_t replicas, std::int64_t global_batch,
               std::vector<ScalingPoint>& points) {
  Plan& plan = scenario.plan;
  plan.data = replicas;
  scenario.training.global_batch = global_batch;
  scenario.chips = plan.ranks() / scenario.system.chip.ranks;
  try {
    check_plan(scenario);
    const StepReport step = evaluate_step(scenario, true);
    const double has =
        scenario.system.chip.hbm_bytes / static_cast<double>(scenario.system.chip.ranks);
    points.push_back({scenario.chips, replicas, global_batch, step.seconds, step.tokens_per_s(),
                      step.energy.total_j() / step.seconds, step.largest_memory_bytes() <= has});
  } catch (const Fault& fault) {
    if (fault.kind() != FaultKind::usage) throw;
  }
}

}  // namespace

Scaling scaling_of(const Scenario& scenario) {
  const std::int64_t batch = scenario.training.global_batch;
  const std::int64_t of_a_replica = batch / scenario.plan.data;
  const std::int64_t least = smallest_replicas(scenario);
  // A replica with its whole global batch to itself is a schedule of any length.
  constexpr std::int64_t kMicroBatchesMax = 4096;
  Scaling scaling;
  std::set<std::int64_t> strong;
  for (const std::int64_t replicas : replicas_to_try(scenario)) {
    add_point(scenario, replicas, of_a_replica * replicas, scaling.weak);
    strong.insert(divisor_below(batch / scenario.plan.micro_batch,
                                std::min(replicas, batch / scenario.plan.micro_batch), least));
  }
  strong.insert(scenario.plan.data);
  for (const std::int64_t replicas : strong) {
    if (replicas == 0 || batch / replicas / scenario.plan.micro_batch > kMicroBatchesMax) continue;
    add_point(scenario, replicas, batch, scaling.strong);
  }
  return scaling;
}

}  // namespace trainyard
