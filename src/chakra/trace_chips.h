// SPDX-License-Identifier: Apache-2.0
// How much longer than usual the kernels of a trace take, where a scenario's chips are not alike.
#pragma once

#include <cstdint>
#include <vector>

#include "chakra/trace_scenario.h"
#include "cluster/chip_noise.h"

namespace trainyard {

class TraceChips {
 public:
  explicit TraceChips(const TraceScenario& scenario);

  // Over what the node takes on a chip as the system file has it; `at`: of the trace's nodes.
  double slowness(std::uint32_t trace, std::uint32_t at) const;

 private:
  const TracedRanks who_;
  const std::int64_t chip_ranks_;
  std::vector<double> slowness_;  // of each trace, the slowest chip that it stands for; or empty
  const ChipNoise noise_;
};

}  // namespace trainyard
