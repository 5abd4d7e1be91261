// SPDX-License-Identifier: Apache-2.0
// What must hold of flows before they are run.
#pragma once

#include <span>

#include "fabric/max_min.h"

namespace trainyard {

// `start_s` may be empty: all start at 0. Fault if a number is missing or means nothing.
void check_flows(const FlowPaths& paths, std::span<const double> bytes_per_s,
                 std::span<const double> bytes, std::span<const double> start_s);

}  // namespace trainyard
