// SPDX-License-Identifier: Apache-2.0
// What a step is limited by, in words: its largest shares, each with what would make it smaller.
#pragma once

#include <string>
#include <vector>

#include "cluster/scenario.h"
#include "cluster/step.h"

namespace trainyard {

struct Limit {
  std::string name;  // "pipeline bubble"
  double share = 0;  // of the step
  std::string advice;
};

// Shares above a twentieth, the largest first.
std::vector<Limit> limits(const Scenario& scenario, const StepReport& step);

}  // namespace trainyard
