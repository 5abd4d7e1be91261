// SPDX-License-Identifier: Apache-2.0
// The same scenario on fewer and more chips: replicas are added or taken away, everything inside
// one stays as it is.
#pragma once

#include <cstdint>
#include <vector>

#include "cluster/scenario.h"
#include "cluster/step.h"

namespace trainyard {

struct ScalingPoint {
  std::int64_t chips = 0, replicas = 0, global_batch = 0;
  double seconds = 0, tokens_per_s = 0, power_w = 0;
  bool fits = true;  // in memory
  double tokens_per_s_chip() const { return tokens_per_s / static_cast<double>(chips); }
};

struct Scaling {
  std::vector<ScalingPoint> weak;    // each replica keeps its sequences
  std::vector<ScalingPoint> strong;  // the global batch stays; fewer sequences for each
};

// About a dozen sizes from one replica to the largest that the system may have, by chips.
Scaling scaling_of(const Scenario& scenario);

}  // namespace trainyard
