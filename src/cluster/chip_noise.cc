// SPDX-License-Identifier: Apache-2.0
#include "cluster/chip_noise.h"

#include <cmath>

#include "base/elementary.h"

namespace trainyard {

ChipNoise::ChipNoise(double cv, std::uint64_t seed)
    : cv_(cv), key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)} {
  if (none()) return;
  deviation_ = std::sqrt(portable_log(1 + cv * cv));
  table_.assign(kCells + 1, 0.0);
  for (std::uint32_t i = kTail; i <= kCells - kTail; ++i) {
    table_[i] = of_probability(static_cast<double>(i) / kCells);
  }
}

double ChipNoise::exact(std::uint32_t word) const {
  return of_probability((static_cast<double>(word) + 0.5) * 0x1p-32);
}

double ChipNoise::of_probability(double p) const {
  return portable_exp(deviation_ * inverse_normal(p) - deviation_ * deviation_ / 2);
}

}  // namespace trainyard
