// SPDX-License-Identifier: Apache-2.0
#include "cluster/step.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/fault.h"
#include "cluster/folding.h"

namespace trainyard {
namespace {

// What is true of the plan; of any plan, where even the whole system has no room for the states.
std::string way_out(const Scenario& scenario, const MemoryUse& use) {
  const double trained = trained_parameters(scenario.model, scenario.training);
  const double states =
      (scenario.training.frozen() ? scenario.model.parameters() : 0) *
          scenario.training.format_bytes() +
      trained * (kParameterBytes + scenario.training.gradient_bytes + kOptimizerBytes);
  const double chips = static_cast<double>(scenario.chips);
  if (states > chips * scenario.system.chip.hbm_bytes) {
    return fmt::format(
        "at least {:.0f} chips: parameters, gradients and optimiser alone are {:.4g} TB, and {} "
        "chips have {:.4g}",
        std::ceil(states / scenario.system.chip.hbm_bytes), states / 1e12, scenario.chips,
        chips * scenario.system.chip.hbm_bytes / 1e12);
  }
  return use.activations > use.total() / 2
             ? "recompute more, cut the micro-batch, or raise tensor or context"
             : "raise pipeline, tensor or expert, or shard more (zero)";
}

void check_memory(const Scenario& scenario, const std::vector<MemoryUse>& memory) {
  const double has =
      scenario.system.chip.hbm_bytes / static_cast<double>(scenario.system.chip.ranks);
  for (std::size_t rank = 0; rank < memory.size(); ++rank) {
    const MemoryUse& use = memory[rank];
    if (use.total() <= has) continue;
    constexpr double kGiB = 1024.0 * 1024 * 1024;
    throw Fault(FaultKind::limit,
                fmt::format("a rank of pipeline stage {} needs {:.1f} GiB of {:.1f}: parameters "
                            "{:.1f}, gradients {:.1f}, optimiser {:.1f}, activations {:.1f}, "
                            "workspace {:.1f}",
                            rank, use.total() / kGiB, has / kGiB, use.parameters / kGiB,
                            use.gradients / kGiB, use.optimizer / kGiB, use.activations / kGiB,
                            use.workspace / kGiB),
                way_out(scenario, use))
        .at(scenario.place("plan"))
        .in("plan");
  }
}

std::vector<MemoryUse> memory_of(const Scenario& scenario, const FoldedStep& step) {
  std::vector<MemoryUse> memory;
  for (std::size_t rank = 0; rank < step.schedule.sequences.size(); ++rank) {
    memory.push_back(
        memory_use(scenario, step.works, step.chunks, step.schedule.sequences[rank], rank));
  }
  return memory;
}

}  // namespace

double StepReport::largest_memory_bytes() const {
  double largest = 0;
  for (const MemoryUse& use : memory) largest = std::max(largest, use.total());
  return largest;
}

FoldedStep fold_step(const Scenario& scenario, bool memory_may_overflow) {
  FoldedStep step = Folding(scenario).fold();
  if (!memory_may_overflow) check_memory(scenario, memory_of(scenario, step));
  return step;
}

StepReport evaluate_step(const Scenario& scenario, bool memory_may_overflow, bool keep_operations) {
  Folding folding(scenario);
  const FoldedStep step = folding.fold();
  StepReport report;
  report.memory = memory_of(scenario, step);
  if (!memory_may_overflow) check_memory(scenario, report.memory);
  report.pipeline = run_schedule(step.schedule, step.times, keep_operations);
  const std::size_t busiest = static_cast<std::size_t>(
      std::max_element(report.pipeline.busy_s.begin(), report.pipeline.busy_s.end()) -
      report.pipeline.busy_s.begin());
  const auto chunks = static_cast<std::size_t>(scenario.plan.virtual_stages);
  const bool dual = scenario.plan.schedule == ScheduleKind::dual_pipe;
  const double times = static_cast<double>(scenario.micro_batches()) * (dual ? 0.5 : 1);
  StepShares& shares = report.shares;
  for (std::size_t i = busiest * chunks; i < (busiest + 1) * chunks; ++i) {
    add_times(shares, step.chunk_shares[i], times);
    report.operators.add(step.chunk_sources[i], times);
  }
  shares.bubble_s = report.pipeline.seconds - report.pipeline.busy_s[busiest];
  shares.data_s = step.data_s;
  shares.optimizer_s = step.optimizer_s;
  report.operators[TimeSource::roofline] += step.optimizer_s;
  shares.overhead_s = scenario.software.step_overhead_ms * 1e-3;
  report.seconds = report.pipeline.seconds + shares.data_s + shares.optimizer_s + shares.overhead_s;
  report.tokens = static_cast<double>(scenario.training.global_batch) *
                  static_cast<double>(scenario.training.sequence);
  folding.account(step, report);
  return report;
}

}  // namespace trainyard
