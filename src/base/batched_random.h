// SPDX-License-Identifier: Apache-2.0
// The uniform numbers of a CounterRandom's stream, and what is drawn from one of them, with the
// same bits; computed many at once, with their logarithms. Who draws millions one after another,
// each by what came of the last, would wait for every logarithm.
#pragma once

#include <array>
#include <cstdint>

namespace trainyard {

class BatchedRandom {
 public:
  BatchedRandom(std::uint64_t seed, std::uint16_t purpose, std::uint64_t index)
      : seed_(seed), index_(index), purpose_(purpose) {}

  double uniform() { return uniforms_[next()]; }
  double exponential() { return -logarithms_[next()]; }
  double normal();
  double weibull(double shape);

 private:
  static constexpr std::size_t kBatch = 64;

  std::size_t next() {
    if (used_ == kBatch) draw_batch();
    return used_++;
  }
  void draw_batch();

  std::uint64_t seed_, index_, block_ = 0;
  std::uint16_t purpose_;
  std::size_t used_ = kBatch;
  std::array<double, kBatch> uniforms_, logarithms_;
};

}  // namespace trainyard
