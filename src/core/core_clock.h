// SPDX-License-Identifier: Apache-2.0
// Vector clock of the two cores of a logical core: what a core does is ordered after all that the
// other did up to the last message that arrived from it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace trainyard {

inline constexpr int kCoresOfLogical = 2;

struct CoreClock {
  std::array<std::uint32_t, kCoresOfLogical> of{};

  static CoreClock start(int core) {
    CoreClock clock;
    for (int i = 0; i < kCoresOfLogical; ++i) clock.of[static_cast<std::size_t>(i)] = i == core;
    return clock;
  }
  // Before what `core` does after a message.
  void advance(int core) {
    if (core < kCoresOfLogical) ++of[static_cast<std::size_t>(core)];
  }
  void join(const CoreClock& other) {
    for (std::size_t i = 0; i < of.size(); ++i) of[i] = std::max(of[i], other.of[i]);
  }
};

}  // namespace trainyard
