// SPDX-License-Identifier: Apache-2.0
#include "cluster/step_bound.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "cluster/folding.h"
#include "cluster/memory.h"
#include "cluster/step.h"

namespace trainyard {
namespace {

// Sums in another order than the schedule's differ in their last bits.
constexpr double kBelow = 1 - 1e-9;

// Forward passes of each chunk that a rank has done before its first backward pass is over.
std::vector<double> held_at_least(const Scenario& scenario, std::int64_t rank) {
  const Plan& plan = scenario.plan;
  const std::int64_t micro_batches = scenario.micro_batches();
  std::vector<double> held(static_cast<std::size_t>(plan.virtual_stages), 0.0);
  const auto first = [&](std::int64_t count) {
    held[0] = static_cast<double>(std::min(count, micro_batches));
  };
  switch (plan.schedule) {
    case ScheduleKind::gpipe:
      first(micro_batches);
      break;
    case ScheduleKind::one_f_one_b:
    case ScheduleKind::zero_bubble:
      first(plan.pipeline - rank);
      break;
    case ScheduleKind::interleaved: {
      const std::int64_t chunks = plan.virtual_stages, group = plan.pipeline * chunks;
      const std::int64_t warm = (plan.pipeline - rank - 1) * 2 + (chunks - 1) * plan.pipeline + 1;
      const std::int64_t all = std::min(warm, micro_batches * chunks);
      for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
        const std::int64_t rest = all % group - chunk * plan.pipeline;
        held[static_cast<std::size_t>(chunk)] = static_cast<double>(
            all / group * plan.pipeline + std::clamp<std::int64_t>(rest, 0, plan.pipeline));
      }
      break;
    }
    case ScheduleKind::dual_pipe:
      first(1);
      break;
  }
  return held;
}

double memory_of(const Scenario& scenario, const LayerWorks& works,
                 const std::vector<ChunkLayers>& chunks) {
  double most = 0;
  std::vector<StepOperation> one(1);
  for (std::int64_t rank = 0; rank < scenario.plan.pipeline; ++rank) {
    const auto at = static_cast<std::size_t>(rank);
    const std::vector<double> held = held_at_least(scenario, rank);
    double total = memory_use(scenario, works, chunks, {}, at).total();
    for (std::size_t chunk = 0; chunk < held.size(); ++chunk) {
      if (held[chunk] == 0) continue;
      one[0].chunk = static_cast<std::int32_t>(chunk);
      total += held[chunk] * memory_use(scenario, works, chunks, one, at).activations;
    }
    most = std::max(most, total);
  }
  return most * kBelow;
}

struct PipelineBound {
  double seconds = 0, busy_s = 0;
};

// A rank waits until a first micro-batch has come to it, is busy with all, and its last gradient
// goes all the way back; and a micro-batch goes all the way and back.
PipelineBound pipeline_bound(const Scenario& scenario, const ChunkTimes& times) {
  const Plan& plan = scenario.plan;
  const auto ranks = static_cast<std::size_t>(plan.pipeline);
  const auto chunks = static_cast<std::size_t>(plan.virtual_stages);
  const bool dual = plan.schedule == ScheduleKind::dual_pipe;
  const bool apart = dual || plan.schedule == ScheduleKind::zero_bubble;
  const double each = static_cast<double>(scenario.micro_batches()) * (dual ? 0.5 : 1);
  const auto backward_s = [&](std::size_t i) {
    return times.backward_s[i] - (apart ? times.weights_s[i] : 0);
  };
  // Of the way's first `ranks` places: before each, there and back.
  std::vector<double> there_s(ranks + 1, 0.0), back_s(ranks + 1, 0.0);
  double way_s = 0;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    const std::size_t i = rank * chunks;
    there_s[rank + 1] = there_s[rank] + times.forward_s[i] + times.send_s;
    back_s[rank + 1] = back_s[rank] + backward_s(i) + times.send_s;
    for (std::size_t chunk = 0; chunk < (dual ? 1 : chunks); ++chunk) {
      way_s += times.forward_s[i + chunk] + backward_s(i + chunk) + 2 * times.send_s;
    }
  }
  PipelineBound bound;
  bound.seconds = way_s - 2 * times.send_s;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    double busy_s = 0;
    for (std::size_t i = rank * chunks; i < (rank + 1) * chunks; ++i) {
      busy_s += each * (times.forward_s[i] + times.backward_s[i]);
    }
    const double before_s =
        dual ? std::min(there_s[rank], there_s[ranks - 1 - rank]) : there_s[rank];
    const double after_s = apart ? 0 : back_s[rank];
    bound.seconds = std::max(bound.seconds, before_s + busy_s + after_s);
    bound.busy_s = std::max(bound.busy_s, busy_s);
  }
  bound.seconds *= kBelow;
  bound.busy_s *= kBelow;
  return bound;
}

}  // namespace

double memory_bound(const Scenario& scenario) {
  LayerWorks works;
  const auto work = [&](LayerKind kind) {
    return layer_work(scenario.model, scenario.training, scenario.plan, kind);
  };
  works.dense = work(LayerKind::dense);
  if (scenario.model.has_experts()) works.expert = work(LayerKind::expert);
  works.head = work(LayerKind::head);
  return memory_of(scenario, works, deal_layers(scenario));
}

StepBound step_bound(const Scenario& scenario) {
  Folding folding(scenario);
  const FoldedStep step = folding.fold_layers();
  StepBound bound;
  bound.memory_bytes = memory_of(scenario, step.works, step.chunks);
  const PipelineBound pipeline = pipeline_bound(scenario, step.times);
  StepReport least;
  least.shares.bubble_s = pipeline.seconds - pipeline.busy_s;
  least.shares.overhead_s = scenario.software.step_overhead_ms * 1e-3;
  least.seconds = pipeline.seconds + step.data_s + step.optimizer_s + least.shares.overhead_s;
  folding.account(step, least);
  bound.seconds = least.seconds;
  bound.energy_j = least.energy.total_j() * kBelow;
  return bound;
}

}  // namespace trainyard
