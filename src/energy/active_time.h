// SPDX-License-Identifier: Apache-2.0
// When a core is active: any instruction or transfer is in flight.
#pragma once

#include <vector>

#include "core/timeline.h"

namespace trainyard {

struct Interval {
  Time start, end;
};

// Disjoint, ascending.
std::vector<Interval> active_intervals(const Timeline& timeline);

}  // namespace trainyard
