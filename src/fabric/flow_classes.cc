// SPDX-License-Identifier: Apache-2.0
#include "fabric/flow_classes.h"

#include <algorithm>

#include "fabric/like_flows.h"
#include "fabric/numbering.h"
#include "fabric/partition.h"

namespace trainyard {
namespace {

constexpr std::uint64_t kReadingsMax = 16;

// Groups of like flows and, behind them, shared links, by what they are before anything is refined.
Partition by_kind(const LikeFlows& like) {
  Numbering capacities;
  std::vector<std::uint32_t> class_of = like.kind;
  for (const double capacity : like.shared_bytes_per_s) {
    class_of.push_back(like.kinds + capacities.number(capacity));
  }
  return Partition(class_of, like.kinds + capacities.size());
}

// Until no class splits another; false where that saves too little.
bool refine(const LikeFlows& like, std::uint64_t work_max, Partition& partition) {
  const FlowsOfLinks groups_of(like.paths, like.shared_bytes_per_s.size());
  const std::uint32_t groups = like.groups();
  std::uint64_t work = 0;
  std::uint32_t flow_classes = like.kinds;
  for (std::uint32_t splitter; partition.next_splitter(splitter);) {
    const bool by_flows = partition.nodes(splitter).front() < groups;
    for (const std::uint32_t node : partition.nodes(splitter)) {
      if (by_flows) {
        for (const std::uint32_t link : like.paths[node]) {
          partition.touch(groups + link, like.count[node]);
        }
        work += like.paths[node].size();
      } else {
        for (const std::uint32_t group : groups_of[node - groups]) partition.touch(group);
        work += groups_of[node - groups].size();
      }
    }
    const std::uint32_t before = partition.size();
    partition.split();
    if (!by_flows) flow_classes += partition.size() - before;
    if (flow_classes > like.group_of.size() / 2 || work > work_max) return false;
  }
  return true;
}

// Classes of links; how many links there are in each.
std::vector<std::uint32_t> add_links(const LikeFlows& like, const Partition& partition,
                                     std::span<const double> bytes_per_s, FlowClasses& classes) {
  Numbering link_classes, capacities;
  std::vector<std::uint32_t> links_in;
  classes.link_class_of.assign(bytes_per_s.size(), kNoLink);
  for (std::uint32_t link = 0; link < bytes_per_s.size(); ++link) {
    if (like.node_of_link[link] == kNoLink) continue;
    const std::uint64_t of = partition.class_of(like.node_of_link[link]);
    const std::uint32_t number =
        link_classes.number(of << 32 | capacities.number(bytes_per_s[link]));
    classes.link_class_of[link] = number;
    if (number == links_in.size()) {
      links_in.push_back(0);
      classes.bytes_per_s.push_back(bytes_per_s[link]);
    }
    ++links_in[number];
  }
  return links_in;
}

// The path of a class over classes of links, and how many of its flows cross each such link.
void add_class_path(std::span<const std::uint32_t> path, const std::vector<std::uint32_t>& links_in,
                    std::uint32_t flows_in, FlowClasses& classes) {
  std::vector<std::uint32_t> crossed;
  for (const std::uint32_t link : path) crossed.push_back(classes.link_class_of[link]);
  std::sort(crossed.begin(), crossed.end());
  for (std::size_t i = 0, next = 0; i < crossed.size(); i = next) {
    while (next < crossed.size() && crossed[next] == crossed[i]) ++next;
    const std::uint64_t crossings = std::uint64_t{flows_in} * (next - i);
    classes.paths.links.push_back(crossed[i]);
    classes.weights.push_back(static_cast<std::uint32_t>(crossings / links_in[crossed[i]]));
  }
  classes.paths.end_path();
}

}  // namespace

std::optional<FlowClasses> find_flow_classes(const FlowPaths& paths,
                                             std::span<const double> bytes_per_s,
                                             std::span<const double> bytes,
                                             std::span<const double> start_s) {
  const LikeFlows like = find_like_flows(paths, bytes_per_s, bytes, start_s);
  Partition partition = by_kind(like);
  if (!refine(like, kReadingsMax * (paths.links.size() + paths.size()), partition)) {
    return std::nullopt;
  }
  FlowClasses classes;
  const std::vector<std::uint32_t> links_in = add_links(like, partition, bytes_per_s, classes);
  Numbering flow_classes;
  std::vector<std::uint32_t> class_of_group, flows_in;
  for (std::uint32_t group = 0; group < like.groups(); ++group) {
    const std::uint32_t number = flow_classes.number(std::uint64_t{partition.class_of(group)});
    class_of_group.push_back(number);
    if (number == flows_in.size()) {
      flows_in.push_back(0);
      classes.member.push_back(like.member[group]);
    }
    flows_in[number] += like.count[group];
  }
  for (std::uint32_t number = 0; number < flows_in.size(); ++number) {
    add_class_path(paths[classes.member[number]], links_in, flows_in[number], classes);
  }
  classes.class_of.reserve(paths.size());
  for (const std::uint32_t group : like.group_of) {
    classes.class_of.push_back(class_of_group[group]);
  }
  return classes;
}

}  // namespace trainyard
