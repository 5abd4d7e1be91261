// SPDX-License-Identifier: Apache-2.0
// What the element-wise instructions share when they execute: going through their tiles in groups
// of partitions that fit the host's cache, and per-partition operands.
//
//   const RowGroups groups(to, {&a, &b});
//   float* x = core.scratch(0, groups.floats());
//   groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) { load, compute, store
//   });
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "isa/core_state.h"
#include "numerics/alu.h"

namespace trainyard {

class RowGroups {
 public:
  // Every group reads all its sources before it writes, so `to` may be one of them. If `to` shares
  // bytes with other partitions of a source, the whole tile is one group.
  RowGroups(const Rows& to, std::initializer_list<const Rows*> sources);
  // Groups of partitions of `rows` alone, which nothing overwrites.
  explicit RowGroups(const Rows& rows) : RowGroups(rows, {}) {}

  // The most elements of one group.
  std::size_t floats() const { return static_cast<std::size_t>(group_ * elements_); }

  template <class Use>
  void each(Use&& use) const {
    for (std::int32_t first = 0; first < partitions_; first += group_) {
      const std::int32_t n = std::min(group_, partitions_ - first);
      use(first, n, static_cast<std::size_t>(n * elements_));
    }
  }

 private:
  static constexpr std::int64_t kGroupFloats = 4096;  // 16 KiB: a few fit the nearest cache

  std::int32_t partitions_;
  std::int64_t elements_;
  std::int32_t group_;
};

// A number, or one float of each partition of a (P, 1) tile.
class LaneValues {
 public:
  LaneValues(CoreState& core, const ScalarOperand& operand, float otherwise = 0.0F);

  bool uniform() const { return uniform_; }
  bool always(float value) const { return uniform_ && values_[0] == value; }
  float operator[](std::int32_t p) const { return values_[uniform_ ? 0 : p]; }

  // `count` / n copies of the value of each partition [first, first + n).
  void expand(std::int32_t first, std::int32_t n, std::size_t count, float* out) const;

 private:
  bool uniform_ = true;
  std::array<float, 128> values_;
};

// x = op(x, lane value), with `reverse` op(lane value, x), for the partitions [first, first + n).
// `slot`: scratch that this may use.
void lane_alu(CoreState& core, int slot, AluOp op, const LaneValues& values, bool reverse,
              std::int32_t first, std::int32_t n, std::size_t count, float* x);

// The bits of integer elements as 32-bit words for a bitwise operator: zero-extended, but
// sign-extended for an arithmetic shift.
void load_words_for(AluOp op, const Rows& rows, std::int32_t first, std::int32_t n,
                    std::uint32_t* out);

}  // namespace trainyard
