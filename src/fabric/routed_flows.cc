// SPDX-License-Identifier: Apache-2.0
#include "fabric/routed_flows.h"

#include "base/fault.h"

namespace trainyard {

RoutedFlows route_flows(const Topology& topology, std::span<const std::uint32_t> from,
                        std::span<const std::uint32_t> to) {
  if (from.size() != to.size()) {
    throw Fault(FaultKind::internal, "flows have not as many senders as receivers");
  }
  RoutedFlows flows;
  flows.paths.first.reserve(from.size() + 1);
  flows.latency_s.reserve(from.size());
  for (std::size_t flow = 0; flow < from.size(); ++flow) {
    topology.route(from[flow], to[flow], flows.paths.links);
    flows.paths.end_path();
    double latency_s = 0;
    for (const std::uint32_t link : flows.paths[flow]) latency_s += topology.latency_s(link);
    flows.latency_s.push_back(latency_s);
  }
  flows.links = keep_used_links(flows.paths, topology.links());
  flows.bytes_per_s.reserve(flows.links.size());
  for (const std::uint32_t link : flows.links) {
    flows.bytes_per_s.push_back(topology.bytes_per_s(link));
  }
  return flows;
}

}  // namespace trainyard
