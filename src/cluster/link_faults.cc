// SPDX-License-Identifier: Apache-2.0
#include "cluster/link_faults.h"

#include <algorithm>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "fabric/link_collective.h"
#include "fabric/system_links.h"

namespace trainyard {
namespace {

constexpr double kAsUsual = 1 + 1e-9;

struct Exchange {
  const char* name;
  std::int64_t size, stride;
  Collective kind;
  double bytes;
  std::vector<float>* factors;  // of cells; null: between replicas
};

// The largest message of an axis stands for all of them.
bool largest_message(const LayerWorks& works, Axis axis, const Model& model, Exchange& exchange) {
  exchange.bytes = 0;
  for (const LayerWork* work : {&works.dense, &works.expert}) {
    for (const Message& message : work->messages) {
      if (message.axis != axis) continue;
      const double bytes = message.dispatch
                               ? message.bytes * message.tokens * static_cast<double>(model.top_k)
                               : message.bytes;
      if (bytes <= exchange.bytes) continue;
      exchange.bytes = bytes;
      exchange.kind = message.dispatch ? Collective::all_to_all : message.kind;
    }
  }
  return exchange.bytes > 0 && exchange.size > 1;
}

void damage(Topology& topology, const LinkFault& fault, std::int64_t chip) {
  const auto apply = [&](std::uint32_t link) {
    if (fault.share > 0) {
      topology.degrade(link, fault.share);
    } else {
      topology.fail(link);
    }
  };
  for (std::size_t i = 0; i < topology.levels().size(); ++i) {
    const FabricLevel& level = topology.levels()[i];
    const bool named = level.name == fault.level || level.name == fault.level + " x";
    if (!named) continue;
    if (level.kind == LevelKind::ring) {
      apply(topology.ring_link(i, static_cast<std::uint32_t>(chip)));
    } else if (level.kind == LevelKind::switched) {
      for (const bool up : {true, false}) {
        apply(topology.port(i, static_cast<std::uint32_t>(chip), up));
      }
    }
    return;
  }
}

class LinkFaults {
 public:
  LinkFaults(const Scenario& scenario, const LanePlan& plan) : scenario_(scenario), plan_(plan) {}

  void add(const Exchange& exchange, LinkSlowness& slowness) const {
    const std::int64_t span = exchange.size * exchange.stride;
    // Units of the system, each with its faults.
    std::map<std::pair<std::int64_t, std::int64_t>, std::vector<const LinkFault*>> units;
    for (const LinkFault& fault : scenario_.faults.links) {
      if (!crosses(exchange, fault)) continue;
      const std::int64_t chips = unit_chips(fault, span);
      units[{chips, fault.chip / chips}].push_back(&fault);
    }
    for (const auto& [unit, faults] : units) {
      const double worst = add_unit(exchange, span, unit.first, unit.second, faults);
      if (exchange.factors == nullptr) slowness.data = std::max(slowness.data, worst);
      if (worst <= kAsUsual) continue;
      slowness.told.push_back(
          fmt::format("{} takes {:.3g} times as long over the \"{}\" link of "
                      "chip {}",
                      exchange.name, worst, faults.front()->level, faults.front()->chip));
    }
  }

 private:
  // Of the smallest unit that holds whole groups and all that share the link; of the outermost
  // level as many whole units below as hold whole groups.
  std::int64_t unit_chips(const LinkFault& fault, std::int64_t span) const {
    const std::vector<Level>& levels = scenario_.system.levels;
    std::int64_t below = 1, chips = scenario_.chips;
    bool inside = false;
    for (const Level& level : levels) {
      inside = inside || level.name == fault.level;
      const bool last = &level == &levels.back();
      const std::int64_t unit =
          last ? std::lcm(std::lcm(span, plan_.chip_ranks) / plan_.chip_ranks, below) : level.chips;
      if (inside && unit * plan_.chip_ranks % span == 0) return std::min(unit, chips);
      below = level.chips;
    }
    return chips;
  }

  // Whether the exchange sends anything over links of the fault's level.
  bool crosses(const Exchange& exchange, const LinkFault& fault) const {
    const System& system = scenario_.system;
    const GroupLayout group =
        lay_group(system, static_cast<double>(exchange.size), static_cast<double>(exchange.stride));
    const CollectiveCost cost = collective_cost(system, group, exchange.kind, exchange.bytes);
    for (std::size_t i = 0; i < system.levels.size(); ++i) {
      if (system.levels[i].name == fault.level) return cost.level_bytes[i] > 0;
    }
    return false;
  }

  double add_unit(const Exchange& exchange, std::int64_t span, std::int64_t chips,
                  std::int64_t unit, const std::vector<const LinkFault*>& faults) const {
    const std::int64_t ranks = chips * plan_.chip_ranks, first_chip = unit * chips;
    const Topology whole = system_links(scenario_.system, chips);
    Topology damaged = whole;
    for (const LinkFault* fault : faults) damage(damaged, *fault, fault->chip - first_chip);
    const auto run = [&](const Topology& topology) {
      return collective_on_links(scenario_.system, topology, ranks, exchange.size, exchange.stride,
                                 exchange.kind, exchange.bytes);
    };
    const LinkCollective before = run(whole), after = run(damaged);
    if (exchange.factors == nullptr) return after.slowest_s / before.slowest_s;
    double worst = 1;
    std::size_t group = 0;
    for (std::int64_t rank = 0; rank < ranks && group < after.seconds.size(); ++rank) {
      if (rank / exchange.stride % exchange.size != 0 || rank % span >= exchange.stride) continue;
      const double factor = after.seconds[group] / before.seconds[group];
      ++group;
      const std::int64_t at = first_chip * plan_.chip_ranks + rank;
      if (factor <= kAsUsual || at >= plan_.stage_ranks * plan_.schedule.ranks) continue;
      if (exchange.factors->empty()) {
        exchange.factors->assign(static_cast<std::size_t>(plan_.lanes * plan_.schedule.ranks),
                                 1.0F);
      }
      const std::int64_t lane = at % plan_.stage_ranks / plan_.lane_ranks;
      float& cell = (*exchange.factors)[plan_.cell(at / plan_.stage_ranks, lane)];
      cell = std::max(cell, static_cast<float>(factor));
      worst = std::max(worst, factor);
    }
    return worst;
  }

  const Scenario& scenario_;
  const LanePlan& plan_;
};

}  // namespace

LinkSlowness link_slowness(const Scenario& scenario, const FoldedStep& step, const LanePlan& plan,
                           LaneState& state) {
  LinkSlowness slowness;
  if (scenario.faults.links.empty()) return slowness;
  const LinkFaults faults(scenario, plan);
  const Plan& laid = scenario.plan;
  Exchange tensor{"exchange of the tensor group", laid.tensor, 1, {}, 0, &state.tensor};
  Exchange context{"exchange of keys and values", laid.context, laid.tensor, {}, 0, &state.context};
  Exchange expert{"exchange of experts' tokens", laid.expert, 1, {}, 0, &state.exchange};
  if (largest_message(step.works, Axis::tensor, scenario.model, tensor)) {
    faults.add(tensor, slowness);
  }
  if (largest_message(step.works, Axis::context, scenario.model, context)) {
    faults.add(context, slowness);
  }
  if (largest_message(step.works, Axis::expert, scenario.model, expert)) {
    faults.add(expert, slowness);
  }
  const std::int64_t replicas = laid.data * laid.context;
  const double bytes =
      scenario.training.gradient_bytes * (step.works.dense.trained * step.chunks.front().dense +
                                          step.works.expert.trained * step.chunks.front().expert);
  if (replicas > 1 && step.data_s > 0 && bytes > 0) {
    faults.add(
        {"exchange between replicas", replicas, laid.tensor,
         laid.zero == 0 ? Collective::all_reduce : Collective::reduce_scatter, bytes, nullptr},
        slowness);
  }
  return slowness;
}

}  // namespace trainyard
