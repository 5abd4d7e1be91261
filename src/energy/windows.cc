// SPDX-License-Identifier: Apache-2.0
#include "energy/windows.h"

#include <algorithm>

namespace trainyard {

WindowGrid WindowGrid::of(Time total) {
  WindowGrid grid;
  grid.total = total;
  if (total.ps <= 0) return grid;
  const std::int64_t wanted =
      std::clamp<std::int64_t>(total.ps / kWindowMin.ps, 1, static_cast<std::int64_t>(kWindowsMax));
  grid.window = Time{(total.ps + wanted - 1) / wanted};
  grid.count = static_cast<std::size_t>((total.ps + grid.window.ps - 1) / grid.window.ps);
  return grid;
}

std::size_t WindowGrid::index(Time at) const {
  if (at.ps <= 0) return 0;
  return std::min(static_cast<std::size_t>(at.ps / window.ps), count - 1);
}

void WindowSeries::add(Time from, Time to, std::int64_t amount) {
  if (amounts_.empty() || amount == 0) return;
  const std::size_t first = grid_.index(from);
  const std::size_t last = to <= from ? first : grid_.index(Time{to.ps - 1});
  std::int64_t spread = 0;
  for (std::size_t i = first; i < last; ++i) {
    // Cumulative shares, so that the windows sum to the amount whatever the rounding.
    const double share =
        static_cast<double>((grid_.start(i + 1) - from).ps) / static_cast<double>((to - from).ps);
    const auto up_to_here = static_cast<std::int64_t>(static_cast<double>(amount) * share);
    amounts_[i] += up_to_here - spread;
    spread = up_to_here;
  }
  amounts_[last] += amount - spread;
}

}  // namespace trainyard
