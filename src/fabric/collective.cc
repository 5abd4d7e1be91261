// SPDX-License-Identifier: Apache-2.0
#include "fabric/collective.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace trainyard {
namespace {

// aws-neuron-sdk: neuron-runtime/explore/intranode-collective-comm.rst, Algorithm Summary: mesh
// below 1 MB, recursive halving and doubling from 1 to 56 MB, rings above.
constexpr double kHalvingMinBytes = 1 << 20;
constexpr double kHalvingMaxBytes = 56.0 * (1 << 20);

double torus_side(const Level& level) {
  return std::max(1.0, std::round(std::sqrt(static_cast<double>(level.chips))));
}

// Mean way in links between two of n on a ring, itself left out.
double ring_hops(double n) {
  return n < 2 ? 1 : std::floor(n * n / 4) / (n - 1);
}

// A chip's rate into a torus is that of all its links; a row of it has those of one dimension only.
double links_used(const Level& level, double parts, Collective kind) {
  if (level.kind != LevelShape::torus && level.kind != LevelShape::ring) return 1;
  if (kind == Collective::send) {
    if (level.kind == LevelShape::torus) return 0.25;
    return parts > 2 ? 0.5 : 1;  // two are joined by one link each way
  }
  return level.kind == LevelShape::torus && parts <= torus_side(level) ? 0.5 : 1;
}

// What goes to everybody passes through the chips between.
double links_crossed(const Level& level, double parts, Collective kind) {
  if (level.kind != LevelShape::torus && level.kind != LevelShape::ring) return 1;
  if (kind != Collective::all_to_all) return 1;
  const double side = torus_side(level);
  if (level.kind == LevelShape::ring || parts <= side) return ring_hops(parts);
  return (ring_hops(side) * (side - 1) * (parts / side) +
          ring_hops(parts / side) * (parts / side - 1) * side) /
         (parts - 1);
}

double phases_of(Collective kind) {
  return kind == Collective::all_reduce ? 2 : 1;
}

double steps_of(CollectiveWay way, double phases, double parts) {
  switch (way) {
    case CollectiveWay::mesh:
      return 2;  // routing, then the exchange in the chip
    case CollectiveWay::halving:
    case CollectiveWay::tree:
      return phases * std::ceil(std::log2(parts));
    case CollectiveWay::ring:
      return phases * (parts - 1);
    default:
      return 1;
  }
}

// One ring over all, which no level of the tree interrupts: "only on Trn1" (collectives.rst).
bool is_flat_ring(const System& system, const GroupLayout& group, CollectiveWay way) {
  return way == CollectiveWay::ring && system.flat_rings &&
         group.members[group.members.size() - 2] < group.size;
}

class Evaluation {
 public:
  Evaluation(const System& system, const GroupLayout& group, Collective kind, double bytes)
      : system_(system), group_(group), kind_(kind), bytes_(bytes) {}

  CollectiveCost of(CollectiveWay way) const {
    CollectiveCost cost;
    cost.way = way;
    cost.level_bytes.assign(system_.levels.size(), 0.0);
    double below = 1, slowest_s = 0, sum_s = 0;
    const bool flat = is_flat_ring(system_, group_, way);
    for (std::size_t i = 0; i < system_.levels.size(); ++i) {
      const double parts = group_.members[i] / below;
      if (parts > 1) {
        const Level& level = system_.levels[i];
        const double sent = sent_into(i, flat ? group_.size : parts, below);
        const double share = links_used(level, parts, kind_) / links_crossed(level, parts, kind_);
        const double transfer_s = sent / (system_.rank_rate(level) * share);
        cost.level_bytes[i] = sent;
        if (!flat) {
          cost.latency_s += steps_of(way, phases_of(kind_), parts) * level.latency_us * 1e-6;
        } else if (below == 1) {
          cost.latency_s = steps_of(way, phases_of(kind_), group_.size) * level.latency_us * 1e-6;
        }
        cost.joules += sent * 8 * level.pj_per_bit * 1e-12;
        slowest_s = std::max(slowest_s, transfer_s);
        sum_s += transfer_s;
      }
      below = std::max(below, group_.members[i]);
    }
    // NCCL's rings and trees move pieces through all levels at once, and an all-to-all uses them
    // side by side; Neuron's hierarchical collectives go level by level (collectives.rst).
    const bool side_by_side =
        flat || system_.vendor == Vendor::nvidia || kind_ == Collective::all_to_all;
    cost.seconds = cost.latency_s + (side_by_side ? slowest_s : sum_s);
    for (const double sent : cost.level_bytes) cost.hbm_bytes += hbm_touches() * sent;
    return cost;
  }

 private:
  double sent_into(std::size_t level, double parts, double below) const {
    if (kind_ == Collective::send) return level == top() ? bytes_ : 0;
    if (kind_ == Collective::all_to_all) {
      return bytes_ * (group_.members[level] - below) / group_.size;
    }
    const double share = (parts - 1) / parts;
    const double whole = bytes_ / below;
    if (kind_ != Collective::all_reduce) return whole * share;
    // The switch adds: a rank sends its tensor once and gets the sum once.
    if (system_.levels[level].reduces && below == 1) return whole * (parts + 1) / parts;
    return 2 * whole * share;
  }

  std::size_t top() const {
    for (std::size_t i = 0; i < group_.members.size(); ++i) {
      if (group_.members[i] > 1) return i;
    }
    return group_.members.size() - 1;
  }

  // A byte sent is read and written on its way; a reduction reads the other summand too.
  double hbm_touches() const {
    return kind_ == Collective::all_reduce || kind_ == Collective::reduce_scatter ? 3 : 2;
  }

  const System& system_;
  const GroupLayout& group_;
  Collective kind_;
  double bytes_;
};

}  // namespace

std::string way_name(CollectiveWay way) {
  constexpr std::array<const char*, 6> names = {"none", "mesh", "halving",
                                                "ring", "tree", "direct"};
  return names[static_cast<std::size_t>(way)];
}

GroupLayout lay_group(const System& system, double size, double stride) {
  GroupLayout group;
  group.size = size;
  double below = 1;
  for (const Level& level : system.levels) {
    if (&level == &system.levels.back()) break;  // everybody
    const double ranks = system.ranks_of(static_cast<double>(level.chips));
    double inside = std::clamp(std::floor(ranks / stride), below, size);
    // Each unit has as many members as every other.
    while (inside > below && (std::fmod(size, inside) != 0 || std::fmod(inside, below) != 0)) {
      --inside;
    }
    group.members.push_back(inside);
    below = group.members.back();
  }
  group.members.push_back(size);
  return group;
}

std::vector<double> links_kept_busy(const System& system, const GroupLayout& group, Collective kind,
                                    const CollectiveCost& cost) {
  std::vector<double> shares(system.levels.size(), 0.0);
  const double moving_s = cost.seconds - cost.latency_s;
  if (moving_s <= 0) return shares;
  double below = 1;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const Level& level = system.levels[i];
    const double parts = group.members[i] / below;
    below = std::max(below, group.members[i]);
    const double crossed = cost.level_bytes[i] * links_crossed(level, parts, kind);
    shares[i] = std::min(1.0, crossed / (system.rank_rate(level) * moving_s));
  }
  return shares;
}

CollectiveCost collective_cost(const System& system, const GroupLayout& group, Collective kind,
                               double bytes) {
  if (group.size < 2 || bytes <= 0) {
    CollectiveCost none;
    none.level_bytes.assign(system.levels.size(), 0.0);
    return none;
  }
  const Evaluation evaluation(system, group, kind, bytes);
  if (kind == Collective::send || kind == Collective::all_to_all) {
    return evaluation.of(CollectiveWay::direct);
  }
  if (is_flat_ring(system, group, CollectiveWay::ring)) return evaluation.of(CollectiveWay::ring);
  if (system.vendor == Vendor::neuron) {
    if (bytes < kHalvingMinBytes) return evaluation.of(CollectiveWay::mesh);
    const bool halving =
        bytes <= kHalvingMaxBytes && std::has_single_bit(static_cast<std::uint64_t>(group.size));
    return evaluation.of(halving ? CollectiveWay::halving : CollectiveWay::ring);
  }
  const CollectiveCost ring = evaluation.of(CollectiveWay::ring);
  const CollectiveCost tree = evaluation.of(CollectiveWay::tree);
  return tree.seconds < ring.seconds ? tree : ring;
}

}  // namespace trainyard
