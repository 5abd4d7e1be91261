// SPDX-License-Identifier: Apache-2.0
#include "fabric/link_collective.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/fault.h"
#include "fabric/flow_run.h"
#include "fabric/ring_orders.h"
#include "fabric/routed_flows.h"

namespace trainyard {
namespace {

constexpr double kFlowsMax = 20e6;
// Where degraded links make flows end one by one: those within a thousandth end together.
constexpr double kResolution = 1e-3;

// Flows that start together.
struct Stage {
  std::vector<std::uint32_t> from, to, group;
  std::vector<double> bytes;
};

class LinkRun {
 public:
  LinkRun(const System& system, const Topology& topology, std::int64_t ranks, std::int64_t size,
          std::int64_t stride, Collective kind, double bytes)
      : system_(system),
        topology_(topology),
        size_(size),
        stride_(stride),
        kind_(kind),
        bytes_(bytes),
        layout_(lay_group(system, static_cast<double>(size), static_cast<double>(stride))),
        cost_(collective_cost(system, layout_, kind, bytes)) {
    for (std::int64_t first = 0; first + (size - 1) * stride < ranks; ++first) {
      if (first / stride % size == 0) first_.push_back(first);
    }
    below_.push_back(1);
    for (const double members : layout_.members) {
      below_.push_back(std::max(below_.back(), static_cast<std::int64_t>(members)));
    }
    result_.way = cost_.way;
    result_.seconds.assign(first_.size(), 0.0);
  }

  LinkCollective run() {
    if (cost_.way == CollectiveWay::none || first_.empty()) return result_;
    check_number_of_flows();
    // As in collective.cc: level by level, or all levels side by side.
    const bool side_by_side = system_.vendor == Vendor::nvidia || kind_ == Collective::all_to_all;
    Stage stage;
    for (std::size_t level = 0; level < system_.levels.size(); ++level) {
      const std::int64_t parts = below_[level + 1] / below_[level];
      if (cost_.level_bytes[level] <= 0 || system_.levels[level].chips < 2) continue;
      const int turns =
          cost_.way == CollectiveWay::halving ? static_cast<int>(std::round(std::log2(parts))) : 1;
      for (int turn = 0; turn < turns; ++turn) {
        add_level(level, turn, stage);
        if (!side_by_side) finish(stage);
      }
    }
    if (side_by_side) finish(stage);
    const double inside_s = inside_chip_s();
    for (double& seconds : result_.seconds) {
      seconds = cost_.latency_s + (side_by_side ? std::max(seconds, inside_s) : seconds + inside_s);
      result_.slowest_s = std::max(result_.slowest_s, seconds);
    }
    return result_;
  }

 private:
  // What the levels inside a chip take, by collective.h.
  double inside_chip_s() const {
    std::int64_t inside = 1;
    for (std::size_t level = 0; level < system_.levels.size(); ++level) {
      if (system_.levels[level].chips == 1) inside = below_[level + 1];
    }
    const double share = static_cast<double>(inside) / static_cast<double>(size_);
    const CollectiveCost cost = collective_cost(
        system_, lay_group(system_, static_cast<double>(inside), static_cast<double>(stride_)),
        kind_, kind_ == Collective::all_to_all ? bytes_ * share : bytes_);
    return cost.seconds - cost.latency_s;
  }

  void add_level(std::size_t level, int turn, Stage& stage) {
    for (std::uint32_t group = 0; group < first_.size(); ++group) {
      for (std::int64_t member = 0; member < size_; ++member) {
        add_member(level, turn, group, member, stage);
      }
    }
  }

  // Whom a member sends its bytes of a level to.
  void add_member(std::size_t level, int turn, std::uint32_t group, std::int64_t member,
                  Stage& stage) {
    const std::int64_t below = below_[level], unit = below_[level + 1], parts = unit / below;
    const std::int64_t part = member / below % parts;
    const double bytes = cost_.level_bytes[level];
    const auto to_part = [&](std::int64_t other, double share) {
      add(group, member, member + (other - part) * below, bytes * share, stage);
    };
    if (kind_ == Collective::send) {
      if (member + 1 < size_) add(group, member, member + 1, bytes, stage);
    } else if (kind_ == Collective::all_to_all) {
      const std::int64_t start = member / unit * unit;
      for (std::int64_t other = start; other < start + unit; ++other) {
        if (other / below != member / below) {
          add(group, member, other, bytes / static_cast<double>(unit - below), stage);
        }
      }
    } else if (cost_.way == CollectiveWay::mesh) {
      for (std::int64_t other = 0; other < parts; ++other) {
        if (other != part) to_part(other, 1 / static_cast<double>(parts - 1));
      }
    } else if (cost_.way == CollectiveWay::halving) {
      // Half of the tensor to the next, a quarter to the second next, and so on.
      const double whole = 1 - 1 / static_cast<double>(parts);
      to_part(part ^ (std::int64_t{1} << turn), std::exp2(-turn - 1) / whole);
    } else {
      const RingOrders& orders = orders_of(level, parts);
      const double share = 1 / static_cast<double>(orders.size());
      for (const auto& next : orders) to_part(next[static_cast<std::size_t>(part)], share);
    }
  }

  const RingOrders& orders_of(std::size_t level, std::int64_t parts) {
    if (orders_level_ != level) {
      const std::int64_t chips_below = level == 0 ? 1 : system_.levels[level - 1].chips;
      const std::int64_t units = system_.levels[level].chips / chips_below;
      orders_ = ring_orders(system_.levels[level].kind, parts, parts == units);
      orders_level_ = level;
    }
    return orders_;
  }

  void add(std::uint32_t group, std::int64_t from, std::int64_t to, double bytes, Stage& stage) {
    const auto chip = [&](std::int64_t member) {
      return static_cast<std::uint32_t>((first_[group] + member * stride_) / system_.chip.ranks);
    };
    if (chip(from) == chip(to)) return;
    stage.from.push_back(chip(from));
    stage.to.push_back(chip(to));
    stage.group.push_back(group);
    stage.bytes.push_back(bytes);
  }

  void check_number_of_flows() {
    double each = 0;
    for (std::size_t level = 0; level < system_.levels.size(); ++level) {
      const std::int64_t unit = below_[level + 1], below = below_[level];
      if (unit == below || system_.levels[level].chips < 2) continue;
      if (kind_ == Collective::all_to_all) {
        each += static_cast<double>(unit - below);
      } else if (cost_.way == CollectiveWay::mesh) {
        each += static_cast<double>(unit / below - 1);
      } else {
        each += static_cast<double>(orders_of(level, unit / below).size());
      }
    }
    if (each * static_cast<double>(first_.size()) * static_cast<double>(size_) > kFlowsMax) {
      throw Fault(FaultKind::limit,
                  fmt::format("a collective over explicit links is at most {:.0f} million flows; "
                              "{} groups of {} ranks are more",
                              kFlowsMax / 1e6, first_.size(), size_),
                  "evaluate it folded, without explicit links, or with fewer ranks");
    }
  }

  // Runs the stage's flows, and adds to each group what it waits for the last of its own.
  void finish(Stage& stage) {
    const RoutedFlows routed = route_flows(topology_, stage.from, stage.to);
    FlowRunOptions options;
    options.resolution = kResolution;
    const FlowRun run = run_flows(routed.paths, routed.bytes_per_s, stage.bytes, {}, options);
    std::vector<double> last(first_.size());
    double slowest = 0;
    for (std::size_t flow = 0; flow < stage.from.size(); ++flow) {
      last[stage.group[flow]] = std::max(last[stage.group[flow]], run.end_s[flow]);
      if (run.end_s[flow] <= slowest || run.held_by[flow] == kNoLink) continue;
      slowest = run.end_s[flow];
      if (slowest > slowest_stage_s_) result_.held_by = routed.links[run.held_by[flow]];
    }
    slowest_stage_s_ = std::max(slowest_stage_s_, slowest);
    for (std::size_t group = 0; group < last.size(); ++group) result_.seconds[group] += last[group];
    result_.flows += stage.from.size();
    result_.events += run.events;
    stage = {};
  }

  const System& system_;
  const Topology& topology_;
  const std::int64_t size_, stride_;
  const Collective kind_;
  const double bytes_;
  const GroupLayout layout_;
  const CollectiveCost cost_;
  std::vector<std::int64_t> first_;  // rank of each group
  std::vector<std::int64_t> below_;  // members of a group in one unit below each level
  RingOrders orders_;
  std::size_t orders_level_ = static_cast<std::size_t>(-1);
  double slowest_stage_s_ = 0;
  LinkCollective result_;
};

}  // namespace

LinkCollective collective_on_links(const System& system, const Topology& topology,
                                   std::int64_t ranks, std::int64_t size, std::int64_t stride,
                                   Collective kind, double bytes) {
  if (size < 1 || stride < 1 || ranks < 0) {
    throw Fault(FaultKind::usage, "a group has at least one rank, and they lie at least one apart");
  }
  return LinkRun(system, topology, ranks, size, stride, kind, bytes).run();
}

}  // namespace trainyard
