// SPDX-License-Identifier: Apache-2.0
// How long a collective of ranks takes on a system's tree of links, what crosses each level, and
// what that costs in joules. Algorithms as the vendors document them (docs/cluster.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fabric/system.h"

namespace trainyard {

// Ranks are numbered along the chips: a chip's own, then its neighbour's in the lowest level.
struct GroupLayout {
  double size = 1;
  std::vector<double> members;  // of the group in one unit of each level; the last is `size`
};

// A group of `size` ranks, each `stride` ranks from the next.
GroupLayout lay_group(const System& system, double size, double stride);

enum class Collective : std::uint8_t {
  all_reduce,
  reduce_scatter,
  all_gather,
  all_to_all,
  send,  // from one rank to the next of its group
};

enum class CollectiveWay : std::uint8_t { none, mesh, halving, ring, tree, direct };
std::string way_name(CollectiveWay way);

struct CollectiveCost {
  CollectiveWay way = CollectiveWay::none;
  double seconds = 0;
  double latency_s = 0;             // the part of `seconds` that does not grow with bytes
  std::vector<double> level_bytes;  // that one rank sends into each level
  double hbm_bytes = 0;             // that a rank's collective reads and writes in its own HBM
  double joules = 0;                // of one rank's links
};

// `bytes`: of a rank's whole tensor: a reduction's input, a gather's output, what a rank has for
// all others in an all-to-all, a message.
CollectiveCost collective_cost(const System& system, const GroupLayout& group, Collective kind,
                               double bytes);

// The share of all of a rank's links of each level that a collective keeps busy while its bytes
// move and nothing else does.
std::vector<double> links_kept_busy(const System& system, const GroupLayout& group, Collective kind,
                                    const CollectiveCost& cost);

}  // namespace trainyard
