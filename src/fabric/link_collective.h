// SPDX-License-Identifier: Apache-2.0
// A collective of many groups at once as flows over explicit links: who waits for whom where links
// are shared, degraded, failed or oversubscribed. Each rank sends as many bytes into each level as
// collective.h says, in the pattern of its algorithm; on whole links both give the same time where
// the algorithm loads all links alike.
#pragma once

#include <cstdint>
#include <vector>

#include "fabric/collective.h"
#include "fabric/topology.h"

namespace trainyard {

struct LinkCollective {
  CollectiveWay way = CollectiveWay::none;
  std::vector<double> seconds;  // of each group, in the order of their first ranks
  double slowest_s = 0;
  std::uint32_t held_by = kNoLinkHeld;  // the topology's link that holds the slowest group
  std::uint64_t flows = 0, events = 0;

  static constexpr std::uint32_t kNoLinkHeld = 0xffffffff;
};

// All groups of `size` ranks, each `stride` ranks from the next, that the first `ranks` ranks form;
// `topology` is made by system_links and changed as wanted. Exchange between ranks of one chip
// crosses no link and costs what collective.h says. Fault (limit) beyond 20 million flows at once.
LinkCollective collective_on_links(const System& system, const Topology& topology,
                                   std::int64_t ranks, std::int64_t size, std::int64_t stride,
                                   Collective kind, double bytes);

}  // namespace trainyard
