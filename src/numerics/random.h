// SPDX-License-Identifier: Apache-2.0
// The random words of stochastic rounding: Philox4x32-10 (Salmon et al., "Parallel random numbers:
// as easy as 1, 2, 3", SC 2011). Counter based: the word of an element follows from the seed, the
// instruction, the partition and the element's place alone, so threads and order cannot matter.
#pragma once

#include <array>
#include <cstdint>

namespace trainyard {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

constexpr PhiloxCounter philox(PhiloxCounter counter, PhiloxKey key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {
        static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
        static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};
  }
  return counter;
}

// The words of one partition of one instruction, in the order of its elements.
class RandomWords {
 public:
  RandomWords(std::uint64_t seed, std::uint64_t instruction, std::uint32_t partition,
              std::uint32_t first_element = 0)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        instruction_(instruction),
        partition_(partition),
        element_(first_element) {
    if (element_ % 4 != 0) refill();
  }

  std::uint32_t next() {
    if (element_ % 4 == 0) refill();
    return block_[element_++ % 4];
  }

 private:
  void refill() {
    block_ = philox({element_ / 4, partition_, static_cast<std::uint32_t>(instruction_),
                     static_cast<std::uint32_t>(instruction_ >> 32)},
                    key_);
  }

  PhiloxKey key_;
  std::uint64_t instruction_;
  std::uint32_t partition_;
  std::uint32_t element_;
  PhiloxCounter block_{};
};

}  // namespace trainyard
