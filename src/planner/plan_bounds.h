// SPDX-License-Identifier: Apache-2.0
// The lower bounds of all plans of a SearchSpace (cluster/step_bound.h), memory first: the part of
// a search that threads and processes share. The same however it was shared.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "planner/process_group.h"
#include "planner/search_space.h"

namespace trainyard {

// A plan that fits, as its numbers in the lists of a space, with its bounds.
struct PlanCandidate {
  std::uint32_t layout = 0;
  std::uint16_t piping = 0, saving = 0;
  float memory_bytes = 0;  // rounded down
  double seconds = 0, energy_j = 0;
};

// The plan that needs least memory, of equal ones that of the first layout.
struct LeastPlan {
  double bytes = std::numeric_limits<double>::infinity();
  std::size_t layout = 0;
  Plan plan;
};

struct PlanBounds {
  std::int64_t plans = 0, too_large = 0;
  LeastPlan least;
  std::vector<PlanCandidate> candidates;  // by layout
};

// Throws Fault(limit) when there are more than can be kept. With a group each process takes a share
// of the layouts, the first gets all bounds, the others only their own.
PlanBounds bound_plans(const SearchSpace& space, const std::vector<Layout>& layouts,
                       unsigned threads, ProcessGroup* group);

}  // namespace trainyard
