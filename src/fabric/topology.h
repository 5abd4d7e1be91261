// SPDX-License-Identifier: Apache-2.0
// Every link of a system, and the way from one chip to another. A system is a list of levels from
// the chip outwards; each joins `count` units of the level below into a group:
//   ring      chips of the same position in each unit form a ring of direct links (two in a row
//             make a 2D torus, three a 3D torus; two units are joined by one link each way)
//   switched  every chip of the group has a port of its own to the group's switch
//   tree      the switch of each unit has uplinks to the group's switch; a switched level is below
// Trn2 UltraServer: ring 4, ring 4, ring 4. Trn3 Gen2: switched 4, switched 18, ring 2. EFA above:
// switched (the chips' network ports), then tree levels.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace trainyard {

enum class LevelKind : std::uint8_t { ring, switched, tree };

struct FabricLevel {
  std::string name;
  LevelKind kind = LevelKind::switched;
  std::int64_t count = 1;  // units of the level below in one group
  // One direction: of a ring's link, of a chip's port; of a tree, for each chip below an uplink,
  // before oversubscription.
  double bytes_per_s = 0;
  double latency_s = 0;         // of one link; a switch is crossed on two
  double oversubscription = 1;  // tree: what its chips send over what its uplinks carry
  // tree: the uplinks of a switch, among which flows are spread by their receiver. One uplink with
  // the whole capacity stands for a network that sprays the packets of each flow (EFA's SRD).
  std::int64_t planes = 1;
};

class Topology {
 public:
  explicit Topology(std::vector<FabricLevel> levels);

  const std::vector<FabricLevel>& levels() const { return levels_; }
  std::uint32_t chips() const { return static_cast<std::uint32_t>(group_.back()); }
  std::uint32_t links() const { return static_cast<std::uint32_t>(first_.back()); }

  // One direction each. `level` counts from the chip, `unit` the groups of the level below.
  std::uint32_t ring_link(std::size_t level, std::uint32_t chip, bool forward = true) const;
  std::uint32_t port(std::size_t level, std::uint32_t chip, bool up) const;
  std::uint32_t uplink(std::size_t level, std::uint32_t unit, std::uint32_t plane, bool up) const;

  void degrade(std::uint32_t link, double share);  // to that share of its capacity, above 0
  void fail(std::uint32_t link);
  void fail_chip(std::uint32_t chip);  // all links from and to it
  bool failed(std::uint32_t link) const;

  double bytes_per_s(std::uint32_t link) const;  // 0 when it has failed
  double latency_s(std::uint32_t link) const;
  std::string describe(std::uint32_t link) const;

  // Appends the links from one chip to another: over the innermost level that holds both; on rings
  // in the order of the levels, the shorter way round, both ways alike where they are equal. Around
  // failed links by the shortest way inside the innermost level that has one, else over the
  // network. Fault (limit) if there is none.
  void route(std::uint32_t from, std::uint32_t to, std::vector<std::uint32_t>& path) const;

 private:
  std::uint64_t below(std::size_t level) const { return group_[level]; }  // chips in a unit
  std::size_t level_of(std::uint32_t link) const;
  std::size_t common_level(std::uint32_t from, std::uint32_t to) const;
  std::uint32_t links_per_unit(std::size_t level) const;
  bool ring_forward(std::size_t level, std::uint64_t from, std::uint64_t to) const;
  std::uint32_t ring_neighbour(std::size_t level, std::uint32_t chip, bool forward) const;
  void add_direct(std::uint32_t from, std::uint32_t to, std::vector<std::uint32_t>& path) const;
  void add_ring(std::size_t level, std::uint32_t from, std::uint32_t to,
                std::vector<std::uint32_t>& path) const;
  void add_tree(std::size_t level, std::uint32_t from, std::uint32_t to,
                std::vector<std::uint32_t>& path) const;
  std::uint32_t plane(std::size_t level, std::uint32_t from, std::uint32_t to) const;
  bool whole(std::span<const std::uint32_t> path) const;
  bool add_detour(std::uint32_t from, std::uint32_t to, std::vector<std::uint32_t>& path) const;
  bool add_shortest(std::size_t level, std::uint32_t from, std::uint32_t to,
                    std::vector<std::uint32_t>& path) const;

  std::vector<FabricLevel> levels_;
  std::vector<std::uint64_t> group_ = {1};  // chips in a group below level 0, 1, ...
  std::vector<std::uint64_t> first_ = {0};  // first link of each level
  std::size_t network_;                     // the level whose ports feed the tree; none: all
  std::unordered_map<std::uint32_t, double> share_;  // of links that are not whole
  std::size_t failures_ = 0;
};

}  // namespace trainyard
