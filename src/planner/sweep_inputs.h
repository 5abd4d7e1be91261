// SPDX-License-Identifier: Apache-2.0
// Uncertain inputs of a scenario that chance moves, by name.
#pragma once

#include <cstdint>
#include <string>

#include "planner/sweep.h"
#include "planner/swept_scenario.h"

namespace trainyard {

std::string nearest_input(const SweptScenario& scenario, const std::string& key);

// Moves the inputs of a run. The same run moves them the same way at every place of the grid.
void move_inputs(const Sweep& sweep, std::int64_t run, SweptScenario& scenario);

}  // namespace trainyard
