// SPDX-License-Identifier: Apache-2.0
// Flows that are alike on sight: as many bytes, the same start, the same shared links, and links of
// their own of the same capacities. A link that one flow alone crosses tells nothing of others: its
// capacity is part of what that flow is. In a large system most links are a chip's own and most
// flows are like others, so what is left is small enough to stay in a processor's cache.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fabric/max_min.h"

namespace trainyard {

struct LikeFlows {
  std::vector<std::uint32_t> group_of;      // of each flow
  std::vector<std::uint32_t> member;        // the first flow of each group
  std::vector<std::uint32_t> count;         // flows in each group
  std::vector<std::uint32_t> kind;          // of each group: bytes, start, capacities of own links
  std::vector<double> own_bytes_per_s;      // the least of those; infinite where there are none
  FlowPaths paths;                          // of each group, over shared links counted from 0
  std::vector<double> shared_bytes_per_s;   // of shared links, in ascending order of their numbers
  std::vector<std::uint32_t> node_of_link;  // groups() + its place if it is shared, else its flow's
                                            // group; kNoLink if no flow crosses it
  std::uint32_t kinds = 0;

  std::uint32_t groups() const { return static_cast<std::uint32_t>(member.size()); }
};

// `bytes` and `start_s` are empty where all are the same. Where more than 4,096 and half of the
// flows read are like none before, the rest are not looked at and stand in groups of their own. The
// flows were checked (check_flows.h).
LikeFlows find_like_flows(const FlowPaths& paths, std::span<const double> bytes_per_s,
                          std::span<const double> bytes, std::span<const double> start_s);

}  // namespace trainyard
