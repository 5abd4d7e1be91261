// SPDX-License-Identifier: Apache-2.0
// Ways through the links of a system.
#include <fmt/format.h>

#include <algorithm>

#include "base/fault.h"
#include "fabric/topology.h"

namespace trainyard {

std::size_t Topology::common_level(std::uint32_t from, std::uint32_t to) const {
  std::size_t level = 0;
  while (from / group_[level + 1] != to / group_[level + 1]) ++level;
  return level;
}

// Positions in the ring. Half-way round, even senders go forward and odd ones backward.
bool Topology::ring_forward(std::size_t level, std::uint64_t from, std::uint64_t to) const {
  const auto count = static_cast<std::uint64_t>(levels_[level].count);
  const std::uint64_t ahead = (to + count - from) % count;
  return 2 * ahead == count ? count == 2 || from % 2 == 0 : 2 * ahead < count;
}

std::uint32_t Topology::ring_neighbour(std::size_t level, std::uint32_t chip, bool forward) const {
  const auto count = static_cast<std::uint64_t>(levels_[level].count);
  const std::uint64_t stride = below(level), place = chip / stride % count;
  const std::uint64_t next = (place + (forward ? 1 : count - 1)) % count;
  return static_cast<std::uint32_t>(chip + next * stride - place * stride);
}

void Topology::add_ring(std::size_t level, std::uint32_t from, std::uint32_t to,
                        std::vector<std::uint32_t>& path) const {
  const auto count = static_cast<std::uint64_t>(levels_[level].count);
  const std::uint64_t stride = below(level);
  const bool forward = ring_forward(level, from / stride % count, to / stride % count);
  for (std::uint32_t chip = from; chip != to; chip = ring_neighbour(level, chip, forward)) {
    path.push_back(ring_link(level, chip, forward));
  }
}

// The digits of the receiver, to the base of the planes, added up: neighbours and receivers any
// number of places apart are spread alike. Failed uplinks are passed over.
std::uint32_t Topology::plane(std::size_t level, std::uint32_t from, std::uint32_t to) const {
  const auto planes = static_cast<std::uint32_t>(levels_[level].planes);
  if (planes == 1) return 0;
  std::uint32_t digits = 0;
  for (std::uint32_t rest = to; rest > 0; rest /= planes) digits += rest % planes;
  const std::uint32_t first = digits % planes;
  if (failures_ == 0) return first;
  const auto up = static_cast<std::uint32_t>(from / below(level));
  const auto down = static_cast<std::uint32_t>(to / below(level));
  for (std::uint32_t tried = 0; tried < planes; ++tried) {
    const std::uint32_t chosen = (first + tried) % planes;
    if (!failed(uplink(level, up, chosen, true)) && !failed(uplink(level, down, chosen, false))) {
      return chosen;
    }
  }
  return first;
}

void Topology::add_tree(std::size_t level, std::uint32_t from, std::uint32_t to,
                        std::vector<std::uint32_t>& path) const {
  path.push_back(port(network_, from, true));
  for (std::size_t at = network_ + 1; at <= level; ++at) {
    const auto unit = static_cast<std::uint32_t>(from / below(at));
    path.push_back(uplink(at, unit, plane(at, from, to), true));
  }
  for (std::size_t at = level; at > network_; --at) {
    const auto unit = static_cast<std::uint32_t>(to / below(at));
    path.push_back(uplink(at, unit, plane(at, from, to), false));
  }
  path.push_back(port(network_, to, false));
}

void Topology::add_direct(std::uint32_t from, std::uint32_t to,
                          std::vector<std::uint32_t>& path) const {
  if (from == to) return;
  const std::size_t level = common_level(from, to);
  switch (levels_[level].kind) {
    case LevelKind::ring: {
      // First to the receiver's position in the sender's own unit.
      const auto stride = static_cast<std::uint32_t>(below(level));
      const std::uint32_t turn = from - from % stride + to % stride;
      add_direct(from, turn, path);
      add_ring(level, turn, to, path);
      return;
    }
    case LevelKind::switched:
      path.push_back(port(level, from, true));
      path.push_back(port(level, to, false));
      return;
    case LevelKind::tree:
      add_tree(level, from, to, path);
      return;
  }
}

bool Topology::whole(std::span<const std::uint32_t> path) const {
  return std::none_of(path.begin(), path.end(), [&](std::uint32_t link) { return failed(link); });
}

// Breadth first over the chips of a group and the switches of its levels: the fewest links, and
// of those the way that leaves each chip by the innermost level.
bool Topology::add_shortest(std::size_t level, std::uint32_t from, std::uint32_t to,
                            std::vector<std::uint32_t>& path) const {
  struct Reached {
    std::uint32_t from_chip, links[2];
    bool yet = false;
  };
  const std::uint64_t size = group_[level + 1];
  const auto base = static_cast<std::uint32_t>(from / size * size);
  std::vector<Reached> reached(size);
  std::vector<std::uint32_t> queue = {from};
  std::vector<bool> switches((level + 1) * size);  // from which all chips were reached
  // Links that are crossed one after the other; a ring's single link stands there twice.
  const auto reach = [&](std::uint32_t chip, std::uint32_t next, std::uint32_t first,
                         std::uint32_t second) {
    if (next == from || reached[next - base].yet || failed(first) || failed(second)) return;
    reached[next - base] = {chip, {first, second}, true};
    queue.push_back(next);
  };
  for (std::size_t i = 0; i < queue.size() && !reached[to - base].yet; ++i) {
    const std::uint32_t chip = queue[i];
    for (std::size_t at = 0; at <= level; ++at) {
      if (levels_[at].kind == LevelKind::ring) {
        for (std::uint32_t back = 0; back < links_per_unit(at); ++back) {
          const std::uint32_t link = ring_link(at, chip, back == 0);
          reach(chip, ring_neighbour(at, chip, back == 0), link, link);
        }
      } else if (!failed(port(at, chip, true))) {
        const auto first = static_cast<std::uint32_t>(chip / group_[at + 1] * group_[at + 1]);
        if (switches[at * size + first - base]) continue;
        switches[at * size + first - base] = true;
        for (std::uint32_t next = first; next < first + group_[at + 1]; ++next) {
          reach(chip, next, port(at, chip, true), port(at, next, false));
        }
      }
    }
  }
  if (!reached[to - base].yet) return false;
  const std::size_t begin = path.size();
  for (std::uint32_t chip = to; chip != from; chip = reached[chip - base].from_chip) {
    const Reached& step = reached[chip - base];
    path.push_back(step.links[1]);
    if (step.links[0] != step.links[1]) path.push_back(step.links[0]);
  }
  std::reverse(path.begin() + static_cast<std::ptrdiff_t>(begin), path.end());
  return true;
}

bool Topology::add_detour(std::uint32_t from, std::uint32_t to,
                          std::vector<std::uint32_t>& path) const {
  const std::size_t common = common_level(from, to), begin = path.size();
  for (std::size_t level = common; level < network_; ++level) {
    if (add_shortest(level, from, to, path)) return true;
  }
  if (network_ == levels_.size()) return false;
  add_tree(std::max(common, network_), from, to, path);
  if (whole({path.data() + begin, path.data() + path.size()})) return true;
  path.resize(begin);
  return false;
}

void Topology::route(std::uint32_t from, std::uint32_t to, std::vector<std::uint32_t>& path) const {
  if (from >= chips() || to >= chips()) {
    throw Fault(FaultKind::usage, fmt::format("a flow goes from chip {} to chip {}", from, to),
                fmt::format("the system has {} chips, counted from 0", chips()));
  }
  const std::size_t begin = path.size();
  add_direct(from, to, path);
  if (failures_ == 0 || whole({path.data() + begin, path.data() + path.size()})) return;
  const std::uint32_t broken = *std::find_if(path.begin() + static_cast<std::ptrdiff_t>(begin),
                                             path.end(), [&](auto link) { return failed(link); });
  path.resize(begin);
  if (!add_detour(from, to, path)) {
    throw Fault(FaultKind::limit,
                fmt::format("no way leads from chip {} to chip {}: failed is the {}, and all ways "
                            "around it",
                            from, to, describe(broken)),
                "leave the chip out, or mend a link");
  }
}

}  // namespace trainyard
