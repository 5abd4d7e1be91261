// SPDX-License-Identifier: Apache-2.0
// The best of all layouts of a SearchSpace, the Pareto front of time, memory and energy (or cost),
// and the best that is laid out otherwise. Lower bounds (cluster/step_bound.h) leave out what
// cannot be any of the three, memory first; what is found is what trying everything would find.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cluster/step.h"
#include "planner/process_group.h"
#include "planner/search_space.h"

namespace trainyard {

struct FoundPlan {
  Plan plan;
  std::int64_t chips = 1;
  double seconds = 0, memory_bytes = 0, energy_j = 0, cost_usd = 0;  // of a step
  StepShares shares;
  StepEnergy energy;
  double model_flop = 0;

  double value(Objective objective) const {
    return objective == Objective::time   ? seconds
           : objective == Objective::cost ? cost_usd
                                          : energy_j;
  }
};

struct SearchCounts {
  std::int64_t plans = 0;      // that hold together
  std::int64_t too_large = 0;  // of them, for memory
  std::int64_t evaluated = 0;  // step by step; the bounds of the others say enough
};

struct SearchResult {
  FoundPlan best;
  std::optional<FoundPlan> runner_up;  // with other degrees than the best
  std::vector<FoundPlan> front;        // by seconds
  SearchCounts counts;
};

// Throws Fault(limit) when nothing fits into memory. The same on any number of threads, and of
// processes that share the work: the first has the result, the others an empty one.
SearchResult search_plans(const SearchSpace& space, unsigned threads = 1,
                          ProcessGroup* group = nullptr);

// One plan by evaluate_step.
FoundPlan evaluate_plan(const SearchSpace& space, std::int64_t chips, const Plan& plan,
                        bool memory_may_overflow = true);
// Of a step on the terms of [run] or at the system's price; 0 where there is neither.
double cost_usd(const Scenario& scenario, double seconds, double energy_j);
// What a rank may use.
double memory_limit_bytes(const SearchSpace& space);

}  // namespace trainyard
