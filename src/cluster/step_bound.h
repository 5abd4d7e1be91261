// SPDX-License-Identifier: Apache-2.0
// What a step needs at least, known before its schedule is made and run: a planner leaves out with
// it what cannot win. None of the numbers is above evaluate_step's.
#pragma once

#include "cluster/scenario.h"

namespace trainyard {

struct StepBound {
  double memory_bytes = 0;  // of the rank that has most
  double seconds = 0, energy_j = 0;
};

// The scenario's plan holds together: check_plan, make_schedule.
double memory_bound(const Scenario& scenario);  // alone it is ten times cheaper
StepBound step_bound(const Scenario& scenario);

}  // namespace trainyard
