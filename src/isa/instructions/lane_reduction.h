// SPDX-License-Identifier: Apache-2.0
// The reduction registers of the Scalar and Vector Engines: one float32 per partition, kept from
// instruction to instruction. ReduceCmd::idle with a tile for the result reduces afresh, which
// kernels rely on (nki-surface.md, 4.4).
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa/core_state.h"
#include "numerics/alu.h"

namespace trainyard {

class LaneReduction {
 public:
  // `init`: what load_reduce starts from.
  LaneReduction(CoreState& core, Engine engine, AluOp op, ReduceCmd cmd, const View& result,
                std::int32_t partitions, const ScalarOperand& init = {});

  // Takes in `count` / n results of each partition [first, first + n).
  void take(const float* x, std::int32_t first, std::int32_t n, std::size_t count) {
    if (reduces_) reduce(x, first, n, count);
  }
  float* registers() { return registers_; }

  // Writes the registers, or their negatives, to the result tile if there is one.
  void finish(bool negate = false) const;

 private:
  void reduce(const float* x, std::int32_t first, std::int32_t n, std::size_t count);

  CoreState& core_;
  float* registers_;
  const View& result_;
  AluOp op_;
  bool reduces_;
};

// Whether the instruction reduces at all; its cost asks.
bool reduces(ReduceCmd cmd, const View& result);

void check_reduce_result(const View& result, const View& data);

}  // namespace trainyard
