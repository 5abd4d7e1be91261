// SPDX-License-Identifier: Apache-2.0
// Bytes of tensors that hold live data, over time.
#pragma once

#include <cstdint>
#include <vector>

#include "report/run_result.h"

namespace trainyard {

struct MemoryStep {
  Time at;
  std::int64_t bytes = 0;  // in use from then on
};

// From the start of a tensor's first use to the end of its last, all partitions; tensors that
// share bytes by explicit addresses are all counted.
std::vector<MemoryStep> memory_use(const RunResult& result, Space space);

}  // namespace trainyard
