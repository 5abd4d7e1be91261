// SPDX-License-Identifier: Apache-2.0
// Random links and flows for the tests of this room.
#pragma once

#include <algorithm>
#include <random>
#include <vector>

#include "fabric/max_min.h"

namespace trainyard::test {

struct RandomFlows {
  std::vector<double> bytes_per_s;
  FlowPaths paths;
};

// Every other graph has capacities of few kinds, so that many links fill at the same moment.
inline RandomFlows random_flows(std::mt19937_64& random, std::uint32_t links_max = 40,
                                int flows_max = 80) {
  const auto below = [&](std::uint64_t end) { return random() % end; };
  RandomFlows made;
  const bool few_kinds = below(2) == 0;
  for (std::uint64_t links = 1 + below(links_max); links > 0; --links) {
    made.bytes_per_s.push_back(few_kinds ? 1e9 * static_cast<double>(1 + below(3))
                                         : std::exp2(static_cast<double>(below(4000)) * 1e-2));
  }
  std::vector<std::uint32_t> order(made.bytes_per_s.size());
  for (std::uint32_t link = 0; link < order.size(); ++link) order[link] = link;
  for (std::uint64_t flows = 1 + below(static_cast<std::uint64_t>(flows_max)); flows > 0; --flows) {
    std::shuffle(order.begin(), order.end(), random);
    made.paths.add({order.data(), 1 + below(std::min<std::size_t>(8, order.size()))});
  }
  return made;
}

}  // namespace trainyard::test
