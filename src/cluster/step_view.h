// SPDX-License-Identifier: Apache-2.0
// A step as text for people and as JSON with stable keys, units in the key names.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "cluster/scenario.h"
#include "cluster/step.h"

namespace trainyard {

// Names of JSON keys without their units, with seconds and joules.
using Parts = std::vector<std::pair<const char*, double>>;
Parts parts_of(const StepShares& shares);
Parts parts_of(const StepEnergy& energy);

// "tensor 8 x context 1 x pipeline 16 x data 128, 1f1b, zero 2, recompute none"
std::string plan_words(const Plan& plan);

std::string step_text(const Scenario& scenario, const StepReport& report);
std::string step_json(const Scenario& scenario, const StepReport& report);
// Its fields, into an object that is open.
void write_step(JsonWriter& json, const Scenario& scenario, const StepReport& report);

}  // namespace trainyard
