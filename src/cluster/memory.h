// SPDX-License-Identifier: Apache-2.0
// What a rank keeps in HBM during a step, checked before anything else is computed.
#pragma once

#include <vector>

#include "cluster/operators.h"
#include "cluster/scenario.h"
#include "cluster/schedule.h"

namespace trainyard {

// Of one parameter.
inline constexpr double kParameterBytes = 2;   // the bf16 copy that the products read
inline constexpr double kOptimizerBytes = 12;  // Adam: fp32 parameter and two moments

struct MemoryUse {
  double parameters = 0, gradients = 0, optimizer = 0, activations = 0, workspace = 0;  // bytes

  double total() const { return parameters + gradients + optimizer + activations + workspace; }
};

// Layers of one chunk of a rank.
struct ChunkLayers {
  double dense = 0, expert = 0;
  bool embedding = false, head = false;
};

// [rank * chunks + chunk]. Layers are dealt out in order; the first chunks get what does not
// divide.
std::vector<ChunkLayers> deal_layers(const Scenario& scenario);

struct LayerWorks {
  LayerWork dense, expert, head;
};

// Of one rank of the pipeline.
MemoryUse memory_use(const Scenario& scenario, const LayerWorks& works,
                     const std::vector<ChunkLayers>& chunks,
                     const std::vector<StepOperation>& sequence, std::size_t rank);

// Parameters of one rank: what all replicas share, and its experts; of both, those with gradients.
struct RankParameters {
  double shared = 0, experts = 0;
  double trained = 0, trained_experts = 0;
};
RankParameters rank_parameters(const Scenario& scenario, const LayerWorks& works,
                               const std::vector<ChunkLayers>& chunks, std::size_t rank);

}  // namespace trainyard
