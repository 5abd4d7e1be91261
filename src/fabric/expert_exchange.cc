// SPDX-License-Identifier: Apache-2.0
#include "fabric/expert_exchange.h"

#include <algorithm>
#include <cmath>

namespace trainyard {
namespace {

// Expected number of distinct units among `units` that `draws` even choices hit.
double distinct(double units, double draws) {
  return units * (1 - std::pow(1 - 1 / units, draws));
}

}  // namespace

CollectiveCost expert_exchange_cost(const System& system, const GroupLayout& group,
                                    const ExpertExchange& exchange) {
  CollectiveCost cost;
  cost.level_bytes.assign(system.levels.size(), 0.0);
  if (group.size < 2 || exchange.tokens <= 0) return cost;
  cost.way = CollectiveWay::direct;
  double below = 1, slowest_s = 0;
  for (std::size_t i = 0; i < system.levels.size(); ++i) {
    const double inside = group.members[i];
    if (inside > below) {
      const Level& level = system.levels[i];
      const double units = group.size / below;
      double copies = exchange.one_copy_a_unit ? distinct(units, exchange.top_k) : exchange.top_k;
      const bool last = i + 1 == system.levels.size();
      if (last && exchange.node_limit > 0) copies = std::min(copies, exchange.node_limit);
      // Of the units that a token goes to, those of another unit of this level are met further up.
      const double share = exchange.one_copy_a_unit ? (inside / below - 1) / (inside / below)
                                                    : (inside - below) / group.size;
      const double sent =
          exchange.tokens * exchange.bytes_per_token * copies * share * exchange.imbalance;
      cost.level_bytes[i] = sent;
      cost.latency_s += level.latency_us * 1e-6;
      cost.joules += sent * 8 * level.pj_per_bit * 1e-12;
      cost.hbm_bytes += 2 * sent;
      slowest_s = std::max(slowest_s, sent / system.rank_rate(level));
    }
    below = std::max(below, inside);
  }
  cost.seconds = cost.latency_s + slowest_s;
  return cost;
}

}  // namespace trainyard
