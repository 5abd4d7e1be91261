// SPDX-License-Identifier: Apache-2.0
// How far each assumed number of a system moves the answer, and the interval that they span
// together: a report that hides what it rests on is not worth its digits.
#pragma once

#include <string>
#include <vector>

#include "cluster/scenario.h"
#include "cluster/step.h"

namespace trainyard {

struct MovedInput {
  std::string path;              // "level.rack.bandwidth"
  std::string why;               // why it is assumed
  double low_s = 0, high_s = 0;  // the step with the number moved down and up
  double low_j = 0, high_j = 0;  // its energy
};

struct SensitivityReport {
  double moved_by = 0;                     // each input, down and up: 0.25
  std::vector<MovedInput> inputs;          // what moves the step's time most comes first
  double step_low_s = 0, step_high_s = 0;  // all inputs together, as independent errors
  double energy_low_j = 0, energy_high_j = 0;
};

// Evaluates the step twice for each assumed input; shares stay at most 1.
SensitivityReport sensitivity(const Scenario& scenario, const StepReport& step);

}  // namespace trainyard
