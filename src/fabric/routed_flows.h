// SPDX-License-Identifier: Apache-2.0
// Flows between chips of a system, over its links: what max_min.h and flow_run.h work on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fabric/max_min.h"
#include "fabric/topology.h"

namespace trainyard {

struct RoutedFlows {
  FlowPaths paths;                   // over the links that some flow crosses, counted anew
  std::vector<std::uint32_t> links;  // their numbers in the topology
  std::vector<double> bytes_per_s;   // and capacities
  std::vector<double> latency_s;     // of each flow's path: add it to the flow's end
};

RoutedFlows route_flows(const Topology& topology, std::span<const std::uint32_t> from,
                        std::span<const std::uint32_t> to);

}  // namespace trainyard
