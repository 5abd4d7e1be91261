// SPDX-License-Identifier: Apache-2.0
// What a rank of a replica keeps in HBM, and how many tokens' keys and values that leaves room for.
#pragma once

#include "serving/serving.h"

namespace trainyard {

struct ServingMemory {
  double weights = 0, workspace = 0, windows = 0;  // bytes of a rank
  double kv_bytes_per_token = 0;                   // of a rank, in layers without a window
  double budget = 0;                               // bytes of a rank that may be used
  std::int64_t pages = 0;                          // of a replica

  double fixed() const { return weights + workspace + windows; }
};

// Throws Fault(limit) for a model that does not fit.
ServingMemory serving_memory(const ServingScenario& scenario);

}  // namespace trainyard
