// SPDX-License-Identifier: Apache-2.0
#include "chakra/trace_chips.h"

#include <algorithm>

namespace trainyard {

TraceChips::TraceChips(const TraceScenario& scenario)
    : who_(scenario.who),
      chip_ranks_(scenario.system.chip.ranks),
      noise_(scenario.faults.jitter, scenario.faults.seed) {
  if (!scenario.faults.any()) return;
  const std::vector<float> chips = chip_slowness(scenario.faults, scenario.chips);
  for (std::size_t i = 0; i < who_.traces(); ++i) {
    const std::int64_t first = who_.rank_of(i), last = first + who_.represents - 1;
    slowness_.push_back(*std::max_element(chips.begin() + first / chip_ranks_,
                                          chips.begin() + last / chip_ranks_ + 1));
  }
}

double TraceChips::slowness(std::uint32_t trace, std::uint32_t at) const {
  if (slowness_.empty()) return 1;
  if (noise_.none()) return slowness_[trace];
  const auto chip = static_cast<std::uint64_t>(who_.rank_of(trace) / chip_ranks_);
  return slowness_[trace] * noise_.factor(noise_.words(chip, at / 4)[at % 4]);
}

}  // namespace trainyard
