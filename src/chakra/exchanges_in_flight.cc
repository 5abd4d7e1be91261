// SPDX-License-Identifier: Apache-2.0
#include "chakra/exchanges_in_flight.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "fabric/max_min.h"

namespace trainyard {
namespace {

// A flow takes of each link what it takes of its busiest, times a weight over this.
constexpr double kWhole = 1 << 16;

}  // namespace

void ExchangesInFlight::begin(std::uint32_t name, double now_s, double end_s,
                              std::vector<LinkUse> uses) {
  Flow& flow = flows_[name];
  flow = {name, now_s, end_s - now_s, end_s, 1, std::move(uses)};
  for (const LinkUse& use : flow.uses) on_link_[use.link].push_back(&flow);
  moved_ = {{name, end_s}};
  meet(flow);
  share_links(now_s);
}

void ExchangesInFlight::end(std::uint32_t name, double now_s) {
  Flow& flow = flows_.at(name);
  moved_.clear();
  meet(flow);
  met_.erase(met_.begin());
  for (const LinkUse& use : flow.uses) std::erase(on_link_[use.link], &flow);
  flows_.erase(name);
  share_links(now_s);
}

// `first` and all that share a link with it, or with one that does.
void ExchangesInFlight::meet(Flow& first) {
  met_ = {&first};
  first.met = true;
  for (std::size_t i = 0; i < met_.size(); ++i) {
    for (const LinkUse& use : met_[i]->uses) {
      for (Flow* other : on_link_[use.link]) {
        if (other->met) continue;
        other->met = true;
        met_.push_back(other);
      }
    }
  }
  for (Flow* flow : met_) flow->met = false;
}

void ExchangesInFlight::share_links(double now_s) {
  if (met_.size() == 1) return set_speed(*met_.front(), 1, now_s);
  FlowPaths paths;
  std::vector<double> capacity;
  std::vector<std::uint32_t> weights;
  const auto cross = [&](std::uint32_t link, double weight) {
    paths.links.push_back(link);
    weights.push_back(static_cast<std::uint32_t>(std::max(1.0, std::round(weight))));
  };
  std::vector<double> busiest;
  for (const Flow* flow : met_) {
    double most = 0;
    for (const LinkUse& use : flow->uses) most = std::max(most, use.share);
    for (const LinkUse& use : flow->uses) {
      std::uint32_t& local = local_[use.link];
      if (local == kNone) {
        local = static_cast<std::uint32_t>(capacity.size());
        capacity.push_back(kWhole);
      }
      cross(local, kWhole * use.share / most);
    }
    // Alone it is no faster than its algorithm.
    cross(static_cast<std::uint32_t>(capacity.size()), 1);
    capacity.push_back(most);
    paths.end_path();
    busiest.push_back(most);
  }
  for (const Flow* flow : met_) {
    for (const LinkUse& use : flow->uses) local_[use.link] = kNone;
  }
  std::vector<std::uint32_t> all(met_.size());
  std::iota(all.begin(), all.end(), 0U);
  std::vector<double> rates(met_.size());
  MaxMin(paths, capacity, weights).solve(all, rates);
  for (std::size_t i = 0; i < met_.size(); ++i) {
    set_speed(*met_[i], std::min(1.0, rates[i] / busiest[i]), now_s);
  }
}

void ExchangesInFlight::set_speed(Flow& flow, double speed, double now_s) {
  constexpr double kRounding = 1e-9;
  if (std::abs(speed - flow.speed) <= kRounding) return;
  flow.left_s = std::max(0.0, flow.left_s - (now_s - flow.since_s) * flow.speed);
  flow.since_s = now_s;
  flow.speed = speed;
  slowed_ = true;
  flow.end_s = now_s + flow.left_s / speed;
  if (!moved_.empty() && moved_.front().name == flow.name) {
    moved_.front().end_s = flow.end_s;
  } else {
    moved_.push_back({flow.name, flow.end_s});
  }
}

}  // namespace trainyard
