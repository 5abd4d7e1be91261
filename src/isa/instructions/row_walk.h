// SPDX-License-Identifier: Apache-2.0
// Walks the elements of Rows in row-major order as evenly spaced runs, so that a copy between any
// two shapes with the same number of elements is a merge of two walks.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "isa/core_state.h"

namespace trainyard {

class RowWalk {
 public:
  struct Run {
    std::byte* at = nullptr;  // nullptr: a row skipped for its out-of-bounds index
    std::int64_t count = 0;
    std::int64_t step_bytes = 0;
  };

  explicit RowWalk(const Rows& rows) : RowWalk(rows, 0, rows.partitions) {}
  // Partitions [first, end) alone. Not for Rows with column offsets.
  RowWalk(const Rows& rows, std::int32_t first, std::int32_t end);

  bool next(Run& run);

 private:
  void enter_row();

  const Rows& rows_;
  std::int32_t row_;
  std::int32_t end_;
  bool by_row_;  // rows have no common step: each is entered by itself
  bool done_ = false;
  std::byte* at_ = nullptr;
  int rank_ = 0;  // outermost first, the last is the run
  std::array<std::int64_t, kMaxRank + 1> count_{};
  std::array<std::int64_t, kMaxRank + 1> step_{};
  std::array<std::int64_t, kMaxRank + 1> index_{};
};

// Whether an out-of-bounds index left a row out.
bool skips_rows(const Rows& rows);

// Calls move(to, to_step, from, from_step, count) for stretches of elements that are evenly spaced
// on both sides. Elements that either side skips are left out.
template <class Move>
void walk_both(RowWalk to_walk, RowWalk from_walk, Move&& move) {
  RowWalk::Run to, from;
  for (;;) {
    if (to.count == 0 && !to_walk.next(to)) return;
    if (from.count == 0 && !from_walk.next(from)) return;
    const std::int64_t count = std::min(to.count, from.count);
    if (to.at != nullptr && from.at != nullptr) {
      move(to.at, to.step_bytes, from.at, from.step_bytes, count);
    }
    for (RowWalk::Run* run : {&to, &from}) {
      run->count -= count;
      if (run->at != nullptr) run->at += count * run->step_bytes;
    }
  }
}

// The first elements of `rows` (partitions [first, end)) as floats, and back to nearest even: the
// conversions of a DMA engine, which knows no other rounding.
void dma_load(const Rows& rows, std::int32_t first, std::int32_t end, float* out);
void dma_store(const Rows& rows, std::int32_t first, std::int32_t end, const float* in);

// dst = src, element by element in row-major order: bits if the dtypes agree, else through float32.
void dma_move(const Rows& dst, const Rows& src);

}  // namespace trainyard
