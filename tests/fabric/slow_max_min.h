// SPDX-License-Identifier: Apache-2.0
// Max-min fairness as its definition says it, slowly: all rates rise together until a link is full.
#pragma once

#include <vector>

#include "fabric/max_min.h"

namespace trainyard::test {

inline std::vector<long double> slow_max_min(const FlowPaths& paths,
                                             const std::vector<double>& bytes_per_s) {
  std::vector<long double> rates(paths.size(), -1);
  for (std::size_t risen = 0; risen < paths.size();) {
    // What every link could still give each flow that rises.
    std::vector<long double> left(bytes_per_s.begin(), bytes_per_s.end());
    std::vector<int> rising(bytes_per_s.size());
    for (std::size_t flow = 0; flow < paths.size(); ++flow) {
      for (const std::uint32_t link : paths[flow]) {
        if (rates[flow] < 0) ++rising[link];
        if (rates[flow] >= 0) left[link] -= rates[flow];
      }
    }
    std::size_t fullest = bytes_per_s.size();
    for (std::size_t link = 0; link < bytes_per_s.size(); ++link) {
      if (rising[link] == 0) continue;
      if (fullest == bytes_per_s.size() ||
          left[link] / rising[link] < left[fullest] / rising[fullest]) {
        fullest = link;
      }
    }
    for (std::size_t flow = 0; flow < paths.size(); ++flow) {
      if (rates[flow] >= 0) continue;
      for (const std::uint32_t link : paths[flow]) {
        if (link != fullest) continue;
        rates[flow] = left[fullest] / rising[fullest];
        ++risen;
      }
    }
  }
  return rates;
}

}  // namespace trainyard::test
