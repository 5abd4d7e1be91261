// SPDX-License-Identifier: Apache-2.0
// Noise of a chip's operations, a function of (seed, chip, operation): how many times as long as
// usual one takes, lognormal of mean 1. Drawn as 32-bit words whose order is that of the noise, so
// that the slowest of a group is the largest word and only that becomes a number.
#pragma once

#include <cstdint>
#include <vector>

#include "base/counter_random.h"

namespace trainyard {

class ChipNoise {
 public:
  // `cv`: deviation over mean; 0: no noise.
  ChipNoise(double cv, std::uint64_t seed);

  bool none() const { return cv_ <= 0; }
  // Of operations 4 * block to 4 * block + 3 of the chip's stage.
  PhiloxCounter words(std::uint64_t chip, std::uint32_t block) const {
    return philox_4x32_10({block, std::uint32_t{kPurpose} << 16, static_cast<std::uint32_t>(chip),
                           static_cast<std::uint32_t>(chip >> 32)},
                          key_);
  }
  double factor(std::uint32_t word) const {
    const std::uint32_t cell = word >> kShift;
    if (cell < kTail || cell >= kCells - kTail) return exact(word);
    const double within = static_cast<double>(word & ((1U << kShift) - 1)) * (1.0 / (1U << kShift));
    return table_[cell] + within * (table_[cell + 1] - table_[cell]);
  }

 private:
  // A line between 2^14 quantiles is within 2e-4 deviations where tails are left out.
  static constexpr std::uint32_t kCells = 1U << 14, kShift = 32 - 14, kTail = 16;
  static constexpr std::uint16_t kPurpose = 0x50;

  double exact(std::uint32_t word) const;
  double of_probability(double p) const;

  double cv_, deviation_ = 0;
  PhiloxKey key_;
  std::vector<double> table_;
};

}  // namespace trainyard
