// SPDX-License-Identifier: Apache-2.0
#include "fabric/flow_classes.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "fabric/partition.h"

namespace trainyard {
namespace {

constexpr std::uint64_t kReadingsMax = 16;

// Numbers values 0, 1, ... as they first appear; -0 is 0.
class Numbering {
 public:
  std::uint32_t number(double value) { return number(std::bit_cast<std::uint64_t>(value + 0.0)); }
  std::uint32_t number(std::uint64_t value) {
    if (value == last_ && !numbers_.empty()) return last_number_;
    last_ = value;
    last_number_ =
        numbers_.try_emplace(value, static_cast<std::uint32_t>(numbers_.size())).first->second;
    return last_number_;
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(numbers_.size()); }

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;
  std::uint64_t last_ = 0;  // most often the next is the same
  std::uint32_t last_number_ = 0;
};

// Flows, and behind them links, by what they are before anything is refined.
Partition by_kind(std::span<const double> bytes_per_s, std::span<const double> bytes,
                  std::span<const double> start_s) {
  Numbering sizes, starts, kinds, capacities;
  std::vector<std::uint32_t> class_of;
  class_of.reserve(bytes.size() + bytes_per_s.size());
  for (std::size_t flow = 0; flow < bytes.size(); ++flow) {
    const std::uint64_t start = start_s.empty() ? 0 : starts.number(start_s[flow]);
    class_of.push_back(kinds.number(start << 32 | sizes.number(bytes[flow])));
  }
  for (const double capacity : bytes_per_s) {
    class_of.push_back(kinds.size() + capacities.number(capacity));
  }
  return Partition(class_of, kinds.size() + capacities.size());
}

// Until no class splits another; false where that saves too little.
bool refine(const FlowPaths& paths, std::size_t links, Partition& partition) {
  const FlowsOfLinks flows_of(paths, links);
  const auto flows = static_cast<std::uint32_t>(paths.size());
  const std::uint64_t work_max = kReadingsMax * (paths.links.size() + flows);
  std::uint64_t work = 0;
  std::uint32_t flow_classes = 0;  // the first ones
  for (std::uint32_t flow = 0; flow < flows; ++flow) {
    flow_classes = std::max(flow_classes, partition.class_of(flow) + 1);
  }
  for (std::uint32_t splitter; partition.next_splitter(splitter);) {
    const bool by_flows = partition.nodes(splitter).front() < flows;
    for (const std::uint32_t node : partition.nodes(splitter)) {
      if (by_flows) {
        for (const std::uint32_t link : paths[node]) partition.touch(flows + link);
        work += paths[node].size();
      } else {
        for (const std::uint32_t flow : flows_of[node - flows]) partition.touch(flow);
        work += flows_of[node - flows].size();
      }
    }
    const std::uint32_t before = partition.size();
    partition.split();
    if (!by_flows) flow_classes += partition.size() - before;
    if (flow_classes > flows / 2 || work > work_max) return false;
  }
  return true;
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
  Partition partition = by_kind(bytes_per_s, bytes, start_s);
  if (!refine(paths, bytes_per_s.size(), partition)) return std::nullopt;

  const auto flows = static_cast<std::uint32_t>(paths.size());
  FlowClasses classes;
  Numbering flow_classes, link_classes;
  std::vector<std::uint32_t> links_in;
  for (std::uint32_t link = 0; link < bytes_per_s.size(); ++link) {
    classes.link_class_of.push_back(
        link_classes.number(std::uint64_t{partition.class_of(flows + link)}));
    if (link_classes.size() > links_in.size()) {
      links_in.push_back(
          static_cast<std::uint32_t>(partition.nodes(partition.class_of(flows + link)).size()));
      classes.bytes_per_s.push_back(bytes_per_s[link]);
    }
  }
  classes.class_of.reserve(flows);
  for (std::uint32_t flow = 0; flow < flows; ++flow) {
    classes.class_of.push_back(flow_classes.number(std::uint64_t{partition.class_of(flow)}));
    if (flow_classes.size() == classes.member.size()) continue;
    classes.member.push_back(flow);
    const auto flows_in =
        static_cast<std::uint32_t>(partition.nodes(partition.class_of(flow)).size());
    add_class_path(paths[flow], links_in, flows_in, classes);
  }
  return classes;
}

}  // namespace trainyard
