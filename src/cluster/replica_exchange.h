// SPDX-License-Identifier: Apache-2.0
// What a rank of a pipeline stage exchanges with its replicas once a step, gradients and
// parameters, and what its optimiser then moves.
#pragma once

#include <array>
#include <cstddef>

#include "cluster/plan_groups.h"
#include "cluster/step.h"

namespace trainyard {

struct ReplicaCollective {
  GroupShape group;
  Collective kind = Collective::all_reduce;
  double bytes = 0;
  CollectiveCost cost;
};

struct ReplicaExchange {
  std::array<ReplicaCollective, 4> collectives;  // in their order
  std::size_t count = 0;
  double seconds = 0;
  double hidden_s = 0;         // beside the last backward and the first forward pass
  double optimizer_bytes = 0;  // of HBM
};

// `step`: with its works, chunks and times.
ReplicaExchange replica_exchange(const Scenario& scenario, const FoldedStep& step,
                                 std::size_t rank);

}  // namespace trainyard
