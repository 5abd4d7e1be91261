// SPDX-License-Identifier: Apache-2.0
// Flows that cannot be told apart end together, so one of each kind is run. Kinds are found by
// colour refinement: flows differ in their bytes, their start and the kinds of their links; links
// in their capacity and the kinds of their flows. In such a partition every link of a class
// carries as many flows of each class, so the max-min rates of the classes are those of their
// flows.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "fabric/max_min.h"

namespace trainyard {

struct FlowClasses {
  std::vector<std::uint32_t> class_of;  // of each flow
  std::vector<std::uint32_t> member;    // one flow of each class
  FlowPaths paths;                      // of each class, over classes of links
  std::vector<std::uint32_t> weights;   // flows of the class on such a link
  std::vector<double> bytes_per_s;      // of each class of links
  std::vector<std::uint32_t> link_class_of;
};

// Nothing where classes would save less than half of the flows, or are not found by reading every
// path 16 times. `start_s` is empty where all start at 0. The flows were checked (check_flows.h).
std::optional<FlowClasses> find_flow_classes(const FlowPaths& paths,
                                             std::span<const double> bytes_per_s,
                                             std::span<const double> bytes,
                                             std::span<const double> start_s);

}  // namespace trainyard
