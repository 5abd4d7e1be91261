// SPDX-License-Identifier: Apache-2.0
// Uncertain inputs of a scenario by name, for chance to move: a system's numbers with "system."
// before their paths, a software profile's with "software.", "training.expert_imbalance".
#pragma once

#include <cstdint>
#include <string>

#include "cluster/scenario.h"
#include "planner/sweep.h"

namespace trainyard {

// Null when there is no such input.
double* input_of(Scenario& scenario, const std::string& key);
std::string nearest_input(const Scenario& scenario, const std::string& key);

// Moves the inputs of a run. The same run moves them the same way at every place of the grid.
void move_inputs(const Sweep& sweep, std::int64_t run, Scenario& scenario);

}  // namespace trainyard
