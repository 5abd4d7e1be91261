// SPDX-License-Identifier: Apache-2.0
#include "cluster/memory.h"

#include <algorithm>

namespace trainyard {
namespace {

double kept_bytes(const LayerWork& work, Recompute recompute) {
  if (recompute == Recompute::full) return work.input_bytes;
  if (recompute == Recompute::selective) return work.activation_bytes - work.recomputed_bytes;
  return work.activation_bytes;
}

}  // namespace

std::vector<ChunkLayers> deal_layers(const Scenario& scenario) {
  const Plan& plan = scenario.plan;
  const Model& model = scenario.model;
  const bool dual = plan.schedule == ScheduleKind::dual_pipe;
  // DualPipe's two ways have the same layers.
  const std::int64_t places = plan.pipeline * (dual ? 1 : plan.virtual_stages);
  const std::int64_t all = model.layers + model.mtp_layers;
  std::vector<ChunkLayers> of_place(static_cast<std::size_t>(places));
  std::int64_t next = 0;
  for (std::int64_t i = 0; i < places; ++i) {
    const std::int64_t count = all / places + (i < all % places ? 1 : 0);
    ChunkLayers& chunk = of_place[static_cast<std::size_t>(i)];
    for (std::int64_t layer = next; layer < next + count; ++layer) {
      const bool dense = !model.has_experts() || layer < model.dense_layers;
      (dense ? chunk.dense : chunk.expert) += 1;
    }
    next += count;
  }
  of_place.front().embedding = true;
  of_place.back().head = true;
  std::vector<ChunkLayers> chunks;
  for (std::int64_t rank = 0; rank < plan.pipeline; ++rank) {
    for (std::int64_t chunk = 0; chunk < plan.virtual_stages; ++chunk) {
      const std::int64_t place = !dual        ? chunk * plan.pipeline + rank
                                 : chunk == 0 ? rank
                                              : plan.pipeline - 1 - rank;
      chunks.push_back(of_place[static_cast<std::size_t>(place)]);
    }
  }
  return chunks;
}

RankParameters rank_parameters(const Scenario& scenario, const LayerWorks& works,
                               const std::vector<ChunkLayers>& chunks, std::size_t rank) {
  RankParameters sum;
  const auto of_a_rank = static_cast<std::size_t>(scenario.plan.virtual_stages);
  for (std::size_t i = rank * of_a_rank; i < (rank + 1) * of_a_rank; ++i) {
    sum.shared +=
        chunks[i].dense * works.dense.parameters + chunks[i].expert * works.expert.parameters;
    sum.experts += chunks[i].expert * works.expert.expert_parameters;
    const bool both = chunks[i].embedding && chunks[i].head && scenario.model.tied;
    const double tables = (chunks[i].embedding ? 1 : 0) + (chunks[i].head && !both ? 1 : 0);
    sum.shared += tables * works.head.parameters;
    sum.trained += chunks[i].dense * works.dense.trained + chunks[i].expert * works.expert.trained;
    sum.trained += tables * works.head.trained;
    sum.trained_experts += chunks[i].expert * works.expert.expert_trained;
  }
  return sum;
}

MemoryUse memory_use(const Scenario& scenario, const LayerWorks& works,
                     const std::vector<ChunkLayers>& chunks,
                     const std::vector<StepOperation>& sequence, std::size_t rank) {
  const Plan& plan = scenario.plan;
  const RankParameters held = rank_parameters(scenario, works, chunks, rank);
  const auto replicas = static_cast<double>(plan.data * plan.context);
  const double expert_replicas =
      std::max(1.0, static_cast<double>(plan.tensor) * replicas / static_cast<double>(plan.expert));
  const auto cut = [&](double shared, double experts, std::int64_t from_stage) {
    return plan.zero >= from_stage ? shared / replicas + experts / expert_replicas
                                   : shared + experts;
  };
  const Training& training = scenario.training;
  MemoryUse use;
  use.parameters = training.format_bytes() *
                       cut(held.shared - held.trained, held.experts - held.trained_experts, 3) +
                   kParameterBytes * cut(held.trained, held.trained_experts, 3);
  use.gradients = training.gradient_bytes * cut(held.trained, held.trained_experts, 2);
  use.optimizer = kOptimizerBytes * cut(held.trained, held.trained_experts, 1);
  // ZeRO 3 gathers a layer while it computes another.
  const bool has_experts = scenario.model.has_experts();
  const LayerWork& layer = has_experts ? works.expert : works.dense;
  if (plan.zero == 3) {
    use.workspace += 2 * kParameterBytes * (layer.parameters + layer.expert_parameters);
  }
  if (plan.recompute == Recompute::full) use.workspace += layer.activation_bytes;
  if (plan.recompute == Recompute::selective) use.workspace += layer.recomputed_bytes;
  const auto of_a_rank = static_cast<std::size_t>(plan.virtual_stages);
  double now = 0;
  for (const StepOperation& operation : sequence) {
    const ChunkLayers& chunk = chunks[rank * of_a_rank + static_cast<std::size_t>(operation.chunk)];
    const double kept = chunk.dense * kept_bytes(works.dense, plan.recompute) +
                        chunk.expert * kept_bytes(works.expert, plan.recompute) +
                        (chunk.head ? works.head.activation_bytes : 0);
    if (operation.kind == StepKind::forward) {
      now += kept;
      use.activations = std::max(use.activations, now);
    } else if (operation.kind == StepKind::backward) {
      now -= kept;
    }
  }
  return use;
}

}  // namespace trainyard
