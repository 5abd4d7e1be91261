// SPDX-License-Identifier: Apache-2.0
#include "cluster/limits.h"

#include <algorithm>

#include <fmt/format.h>

#include "cluster/operator_time.h"
#include "fabric/collective.h"

namespace trainyard {
namespace {

// The level whose links a group's exchange waits for: the outermost that it spans.
std::string level_of(const System& system, double size, double stride) {
  const GroupLayout group = lay_group(system, size, stride);
  double below = 1;
  std::string name = system.levels.front().name;
  for (std::size_t i = 0; i < system.levels.size(); ++i) {
    if (group.members[i] > below) name = system.levels[i].name;
    below = group.members[i];
  }
  return name;
}

}  // namespace

std::vector<Limit> limits(const Scenario& scenario, const StepReport& step) {
  constexpr double kWorthSaying = 0.05;
  const Plan& plan = scenario.plan;
  const System& system = scenario.system;
  const auto tensor = static_cast<double>(plan.tensor);
  const auto spans = [&](std::int64_t size, double stride) {
    return level_of(system, static_cast<double>(size), stride);
  };
  const double replicas = static_cast<double>(plan.data * plan.context);
  const StepShares& shares = step.shares;
  std::vector<Limit> all = {
      {"arithmetic of matrix products", shares.matmul_s,
       fmt::format("the useful limit: {} runs at {:.0f} % of the format's peak here",
                   system.chip.name,
                   100 * step.model_flop / step.seconds /
                       (static_cast<double>(scenario.chips) *
                        peak_of(system.chip, scenario.training.format)))},
      {"attention", shares.attention_s, "longer sequences make it grow; context shares it out"},
      {"memory traffic of element-wise work", shares.elementwise_s,
       "fused kernels and sequence parallelism lessen it"},
      {"computing again", shares.recompute_s,
       "recompute less where memory allows it: selective, or a larger pipeline"},
      {"launches of the host", shares.launch_s, "larger micro-batches, or recorded graphs"},
      {"exchange of the tensor group", shares.tensor_s,
       fmt::format("it crosses the level \"{}\"; a smaller tensor degree stays inside",
                   spans(plan.tensor, 1))},
      {"exchange of keys and values", shares.context_s,
       fmt::format("it crosses the level \"{}\"", spans(plan.context, tensor))},
      {"tokens to experts and back", shares.expert_s,
       fmt::format("it crosses the level \"{}\"; fewer ranks an expert group, or fp8 dispatch",
                   spans(plan.expert, 1))},
      {"gathering sharded parameters", shares.gather_s,
       "zero = 2 keeps parameters whole; larger micro-batches gather less often"},
      {"pipeline bubble", shares.bubble_s,
       fmt::format("{} micro-batches for {} stages: more of them, virtual stages or fewer stages",
                   scenario.micro_batches(), plan.pipeline)},
      {"exchange between replicas", shares.data_s,
       fmt::format("it crosses the level \"{}\"; larger batches do it less often",
                   level_of(system, replicas, tensor))},
      {"optimiser", shares.optimizer_s, "zero = 1 shares it out"},
      {"host work between steps", shares.overhead_s, "of the framework's profile"},
  };
  std::vector<Limit> worth;
  const double chip_w = step.energy.chips_j() / step.seconds / static_cast<double>(scenario.chips);
  if (system.chip.cap_w > 0 && chip_w > system.chip.cap_w) {
    worth.push_back({"the chip's power cap", 1,
                     fmt::format("{:.0f} W on average where the chip may have {:.0f} W: its clocks "
                                 "would fall, and the step is longer than said here",
                                 chip_w, system.chip.cap_w)});
  }
  for (Limit& limit : all) {
    limit.share /= step.seconds;
    if (limit.share >= kWorthSaying) worth.push_back(std::move(limit));
  }
  std::stable_sort(worth.begin(), worth.end(),
                   [](const Limit& a, const Limit& b) { return a.share > b.share; });
  return worth;
}

}  // namespace trainyard
