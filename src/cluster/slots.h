// SPDX-License-Identifier: Apache-2.0
// Schedules whose weights' gradients come apart, found by filling slots: in each slot of time a
// rank takes a backward that is ready, else a forward, else a weights' gradient that was put off.
// With forward, inputs' and weights' gradient of one slot each this is ZB-H1 (Qi et al. 2023), and
// with two ways DualPipe (DeepSeek-V3, arXiv 2412.19437).
#pragma once

#include <vector>

#include "cluster/schedule.h"

namespace trainyard {

// The sequences of `schedule`, which has everything else by now.
std::vector<std::vector<StepOperation>> fill_slots(const PipelineSchedule& schedule);

}  // namespace trainyard
