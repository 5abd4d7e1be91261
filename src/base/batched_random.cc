// SPDX-License-Identifier: Apache-2.0
#include "base/batched_random.h"

#include "base/counter_random.h"
#include "base/elementary.h"

namespace trainyard {

void BatchedRandom::draw_batch() {
  constexpr std::size_t kBlocks = kBatch / 2;
  const PhiloxKey key = {static_cast<std::uint32_t>(seed_),
                         static_cast<std::uint32_t>(seed_ >> 32)};
  // By word, not by block: a loop that compilers turn into vectors.
  std::array<std::array<std::uint32_t, kBlocks>, 4> words;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    const PhiloxCounter block = philox_4x32_10(philox_block(block_ + i, purpose_, index_), key);
    for (std::size_t word = 0; word < 4; ++word) words[word][i] = block[word];
  }
  block_ += kBlocks;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    uniforms_[2 * i] = uniform_of(words[0][i], words[1][i]);
    uniforms_[2 * i + 1] = uniform_of(words[2][i], words[3][i]);
  }
  portable_logs(uniforms_, logarithms_);
  used_ = 0;
}

double BatchedRandom::normal() {
  return inverse_normal(uniform());
}

double BatchedRandom::weibull(double shape) {
  return portable_exp(portable_log(exponential()) / shape);
}

}  // namespace trainyard
