// SPDX-License-Identifier: Apache-2.0
// Random numbers as a function of a place, not of a history: Philox 4x32-10 (Salmon, Moraes, Dror,
// Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). A stream is named by seed, purpose
// and index, so any number of threads and ranks draws the same bits, in any order.
//
//   CounterRandom random(seed, kPurposeFailures, run);
//   const double gap_s = mean_s * random.exponential();
#pragma once

#include <array>
#include <cstdint>

namespace trainyard {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

// Four random words of a counter and a key.
inline PhiloxCounter philox_4x32_10(PhiloxCounter counter, PhiloxKey key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t third = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(third >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(third),
               static_cast<std::uint32_t>(first >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(first)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

// The counter of a stream's block.
inline PhiloxCounter philox_block(std::uint64_t block, std::uint16_t purpose, std::uint64_t index) {
  return {static_cast<std::uint32_t>(block),
          static_cast<std::uint32_t>(block >> 32) | std::uint32_t{purpose} << 16,
          static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32)};
}

// Within (0, 1), neither end: an odd multiple of 2^-53.
inline double uniform_of(std::uint64_t high, std::uint64_t low) {
  return (static_cast<double>(static_cast<std::int64_t>(high << 20 | low >> 12)) + 0.5) * 0x1p-52;
}

class CounterRandom {
 public:
  // `index`: which of the streams of a purpose, a run or a chip. 2^48 blocks of four words each.
  CounterRandom(std::uint64_t seed, std::uint16_t purpose, std::uint64_t index)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        purpose_(purpose),
        index_(index) {}

  std::uint32_t word() {
    if (used_ == 4) next_block();
    return words_[used_++];
  }
  double uniform() {
    if (used_ > 2) next_block();  // its last word is left out
    used_ += 2;
    return uniform_of(words_[used_ - 2], words_[used_ - 1]);
  }
  double exponential();                      // of mean 1
  double normal();                           // of mean 0 and deviation 1
  double gamma(double shape);                // of scale 1, mean `shape`; shape > 0
  double weibull(double shape);              // of scale 1; shape > 0
  double lognormal(double mean, double cv);  // cv: deviation over mean

 private:
  void next_block() {
    words_ = philox_4x32_10(philox_block(block_++, purpose_, index_), key_);
    used_ = 0;
  }

  PhiloxKey key_;
  std::uint16_t purpose_;
  std::uint64_t index_, block_ = 0;
  PhiloxCounter words_{};
  std::uint32_t used_ = 4;
};

}  // namespace trainyard
