// SPDX-License-Identifier: Apache-2.0
// What of a pipeline's schedule a picture can show: all of it, or where that would be a blur, some
// of its stages and the step's beginning and end at full size.
#pragma once

#include <cstddef>
#include <vector>

#include "cluster/schedule.h"

namespace trainyard {

struct TimelineView {
  std::vector<std::size_t> stages;
  bool whole = true;
  double window_s = 0;  // not whole: so much from the beginning, and so much before the end
};

// `step_s`: with what comes after the pipeline.
TimelineView timeline_view(const PipelineSchedule& schedule, double step_s);

}  // namespace trainyard
