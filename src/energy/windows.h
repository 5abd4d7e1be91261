// SPDX-License-Identifier: Apache-2.0
// A run cut into equal windows of time, and amounts (femtojoules, bytes) spread over them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace trainyard {

// At most kWindowsMax windows, none shorter than kWindowMin unless the run is.
struct WindowGrid {
  static constexpr std::size_t kWindowsMax = 1024;
  static constexpr Time kWindowMin = Time::from_ps(1'000'000);

  Time total;
  Time window;            // the last one ends with the run and may be shorter
  std::size_t count = 0;  // 0: the run took no time

  static WindowGrid of(Time total);

  Time start(std::size_t i) const { return window * static_cast<std::int64_t>(i); }
  Time width(std::size_t i) const {
    const Time end = start(i + 1);
    return (end < total ? end : total) - start(i);
  }
  std::size_t index(Time at) const;  // clamped into the run
};

class WindowSeries {
 public:
  WindowSeries() = default;
  explicit WindowSeries(const WindowGrid& grid) : grid_(grid), amounts_(grid.count) {}

  // Evenly over [from, to); all of it is counted, what lies outside the run in its nearest window.
  void add(Time from, Time to, std::int64_t amount);

  const WindowGrid& grid() const { return grid_; }
  const std::vector<std::int64_t>& amounts() const { return amounts_; }

 private:
  WindowGrid grid_;
  std::vector<std::int64_t> amounts_;
};

}  // namespace trainyard
