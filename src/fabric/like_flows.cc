// SPDX-License-Identifier: Apache-2.0
#include "fabric/like_flows.h"

#include <algorithm>
#include <limits>

#include "fabric/numbering.h"

namespace trainyard {
namespace {

constexpr std::uint32_t kGroupsFree = 4096;  // that may be found before half of the flows are like
constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// Lists of values, numbered as they first appear.
class Kinds {
 public:
  std::uint32_t number(const std::vector<double>& values) {
    if (size() > 0 && values == last_values_) return last_;  // most often the next is the same
    last_values_ = values;
    std::uint64_t list = 0;
    // A list and one more value behind it is a list too; the empty one is 0.
    for (const double value : values) {
      list = lists_.number(list << 32 | values_.number(value)) + std::uint64_t{1};
    }
    return last_ = kinds_.number(list);
  }
  std::uint32_t size() const { return kinds_.size(); }

 private:
  Numbering values_, lists_, kinds_;
  std::vector<double> last_values_;
  std::uint32_t last_ = 0;
};

// Groups by their kind and path: places of a table of 2^n, at most half full.
class GroupTable {
 public:
  explicit GroupTable(const LikeFlows& found) : found_(found), places_(64, kNone) {}

  // The group, or kNone after which the next group that is made is remembered as this one.
  std::uint32_t find(std::uint32_t kind, std::span<const std::uint32_t> path) {
    if (2 * found_.groups() >= places_.size()) grow();
    std::size_t at = place_of(kind, path);
    for (; places_[at] != kNone; at = (at + 1) & (places_.size() - 1)) {
      const std::uint32_t group = places_[at];
      const auto other = found_.paths[group];
      if (found_.kind[group] == kind &&
          std::equal(path.begin(), path.end(), other.begin(), other.end())) {
        return group;
      }
    }
    places_[at] = found_.groups();
    return kNone;
  }

 private:
  std::size_t place_of(std::uint32_t kind, std::span<const std::uint32_t> path) const {
    std::uint64_t hash = kind;
    for (const std::uint32_t link : path) hash = (hash ^ link) * 0x9e3779b97f4a7c15;
    return (hash ^ hash >> 32) & (places_.size() - 1);
  }
  void grow() {
    places_.assign(4 * places_.size(), kNone);
    for (std::uint32_t group = 0; group < found_.groups(); ++group) {
      std::size_t at = place_of(found_.kind[group], found_.paths[group]);
      while (places_[at] != kNone) at = (at + 1) & (places_.size() - 1);
      places_[at] = group;
    }
  }

  const LikeFlows& found_;
  std::vector<std::uint32_t> places_;
};

// node_of_link with flows for groups: of shared links the flows and the link's place.
void find_shared(const FlowPaths& paths, std::span<const double> bytes_per_s, LikeFlows& found) {
  constexpr std::uint32_t kShared = kNoLink - 1;
  const auto flows = static_cast<std::uint32_t>(paths.size());
  found.node_of_link.assign(bytes_per_s.size(), kNoLink);
  for (std::uint32_t flow = 0; flow < flows; ++flow) {
    for (const std::uint32_t link : paths[flow]) {
      std::uint32_t& node = found.node_of_link[link];
      node = node == kNoLink ? flow : kShared;
    }
  }
  for (std::size_t link = 0; link < bytes_per_s.size(); ++link) {
    if (found.node_of_link[link] != kShared) continue;
    found.node_of_link[link] = flows + static_cast<std::uint32_t>(found.shared_bytes_per_s.size());
    found.shared_bytes_per_s.push_back(bytes_per_s[link]);
  }
}

}  // namespace

LikeFlows find_like_flows(const FlowPaths& paths, std::span<const double> bytes_per_s,
                          std::span<const double> bytes, std::span<const double> start_s) {
  const auto flows = static_cast<std::uint32_t>(paths.size());
  LikeFlows found;
  find_shared(paths, bytes_per_s, found);
  found.group_of.reserve(flows);
  Kinds kinds;
  GroupTable table(found);
  std::vector<double> values;
  std::vector<std::uint32_t> path;
  for (std::uint32_t flow = 0; flow < flows; ++flow) {
    values.assign({bytes.empty() ? 0 : bytes[flow], start_s.empty() ? 0 : start_s[flow]});
    path.clear();
    for (const std::uint32_t link : paths[flow]) {
      const std::uint32_t node = found.node_of_link[link];
      node < flows ? values.push_back(bytes_per_s[link]) : path.push_back(node - flows);
    }
    std::sort(values.begin() + 2, values.end());
    const std::uint32_t kind = kinds.number(values);
    const bool look = found.groups() <= kGroupsFree + flow / 2;
    std::uint32_t group = look ? table.find(kind, path) : kNone;
    if (group == kNone) {
      group = found.groups();
      found.member.push_back(flow);
      found.count.push_back(0);
      found.kind.push_back(kind);
      found.own_bytes_per_s.push_back(values.size() > 2 ? values[2]
                                                        : std::numeric_limits<double>::infinity());
      found.paths.add(path);
    }
    ++found.count[group];
    found.group_of.push_back(group);
  }
  found.kinds = kinds.size();
  for (std::uint32_t& node : found.node_of_link) {
    if (node == kNoLink) continue;
    node = node < flows ? found.group_of[node] : node - flows + found.groups();
  }
  return found;
}

}  // namespace trainyard
