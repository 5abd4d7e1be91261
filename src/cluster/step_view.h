// SPDX-License-Identifier: Apache-2.0
// A step as text for people and as JSON with stable keys, units in the key names.
#pragma once

#include <string>

#include "cluster/scenario.h"
#include "cluster/step.h"

namespace trainyard {

std::string step_text(const Scenario& scenario, const StepReport& report);
std::string step_json(const Scenario& scenario, const StepReport& report);

}  // namespace trainyard
