// SPDX-License-Identifier: Apache-2.0
// What an executing instruction sees of the NeuronCore: memory behind Views, registers, the
// accumulators and random state of the engines. src/core implements it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "isa/operands.h"
#include "isa/parameters.h"
#include "isa/peers.h"
#include "numerics/mx.h"

namespace trainyard {

struct Machine;

// A View resolved to bytes. Element (p, i0, i1, …) of the view lies at
//   row(p) + i0 * step_bytes[0] + i1 * step_bytes[1] + …
// Free dimensions that are dense in one another have been merged, count-1 ones dropped, so a
// contiguous tile has rank 0 or 1 and the innermost step tells dense (== element size) from
// strided.
struct Rows {
  DType dtype = DType::float32;
  std::byte* base = nullptr;
  std::int64_t partition_step_bytes = 0;
  std::int32_t partitions = 0;  // HBM: count of dim 0
  std::uint8_t rank = 0;        // free dimensions after merging
  // Of the first `rank` dimensions; the others are not even zero, since every operand of every
  // instruction makes one of these.
  std::array<std::int32_t, kMaxRank> count;
  std::array<std::int64_t, kMaxRank> step_bytes;
  std::int64_t elements = 1;  // per partition
  // vector_rows: byte offset of each row from `base`, or kSkippedRow; columns: of each element.
  const std::int64_t* row_offset_bytes = nullptr;
  const std::int64_t* column_offset_bytes = nullptr;  // [p / group][element], see core
  std::int32_t column_group = 0;
  static constexpr std::int64_t kSkippedRow = INT64_MIN;

  std::byte* row(std::int32_t p) const {
    return row_offset_bytes != nullptr ? base + row_offset_bytes[p]
                                       : base + p * partition_step_bytes;
  }
  bool skipped(std::int32_t p) const {
    return row_offset_bytes != nullptr && row_offset_bytes[p] == kSkippedRow;
  }
  bool dense() const {
    return column_offset_bytes == nullptr &&
           (rank == 0 ||
            (rank == 1 && step_bytes[0] == static_cast<std::int64_t>(dtype_bytes(dtype))));
  }
};

// Reads/writes partitions [first, first + n) of `rows` as n * rows.elements floats, row-major.
// Floats go through float32 as the engines do (nki-surface.md 4.3).
void load_rows(const Rows& rows, std::int32_t first, std::int32_t n, float* out);
void load_rows_int(const Rows& rows, std::int32_t first, std::int32_t n, std::int64_t* out);
// Raw bits of the elements, for copies that must be bit-accurate; element size up to 4 bytes.
void load_rows_bits(const Rows& rows, std::int32_t first, std::int32_t n, std::uint32_t* out);
void store_rows_bits(const Rows& rows, std::int32_t first, std::int32_t n, const std::uint32_t* in);
// The same bits side by side as they are stored, n * rows.elements elements of their own size.
void load_rows_raw(const Rows& rows, std::int32_t first, std::int32_t n, std::byte* out);
void store_rows_raw(const Rows& rows, std::int32_t first, std::int32_t n, const std::byte* in);
// What CoreState::store_rows and store_rows_int do when rounding to nearest even. Rows skipped by
// an index are left out on both ways.
void store_rows_even(const Rows& rows, std::int32_t first, std::int32_t n, const float* in);
void store_rows_even_int(const Rows& rows, std::int32_t first, std::int32_t n,
                         const std::int64_t* in);

enum class NumericsMode : std::uint8_t { exact, fast };

class CoreState {
 public:
  virtual ~CoreState() = default;

  virtual const Machine& machine() const = 0;
  virtual NumericsMode numerics() const = 0;
  virtual mx::ScaleRule mx_scale_rule() const = 0;

  // Resolves `view`; throws Fault for out-of-bounds dynamic addresses under OobMode::error.
  // A read of bytes never written is noted (first one reported with the kernel line); a write
  // marks its bytes as written.
  virtual Rows access(const View& view, Touch touch, OobMode oob = OobMode::error) = 0;

  // PSUM accumulate=None: has any / have all elements of `view` been written since allocation?
  // Ask before access(view, write).
  enum class Written : std::uint8_t { none, some, all };
  virtual Written written(const View& view) const = 0;
  // For Written::some: was element `i` (row-major in the partition) of partition `p` written?
  virtual bool element_written(const View& view, std::int32_t p, std::int64_t i) const = 0;

  virtual std::int64_t register_value(RegisterId reg) const = 0;
  virtual void set_register(RegisterId reg, std::int64_t value) = 0;

  // 128 float32 reduction registers of ScalarE / VectorE, kept across instructions.
  virtual float* accumulators(Engine engine) = 0;
  // 128 lanes x 24 words of random state of an engine.
  virtual std::uint32_t* random_state(Engine engine) = 0;

  // Stores `n * rows.elements` floats with the core's rounding mode (nearest even unless the
  // kernel enabled stochastic rounding), float to integer rounds to even and saturates.
  virtual void store_rows(const Rows& rows, std::int32_t first, std::int32_t n,
                          const float* in) = 0;
  virtual void store_rows_int(const Rows& rows, std::int32_t first, std::int32_t n,
                              const std::int64_t* in) = 0;

  // The other cores of a logical core; null for a core alone.
  virtual Peers* peers() = 0;
  // The other ranks of a collective; null for a kernel that runs as no rank.
  virtual Peers* ranks() = 0;
  // The ranks of a group that the kernel named, in order (Program::rank_groups).
  virtual std::span<const std::int32_t> rank_group(std::int64_t id) = 0;

  // Scratch of at least `floats` floats, 64-byte aligned, `slot` 0..7; valid until the next
  // request for the same slot.
  virtual float* scratch(int slot, std::size_t floats) = 0;
};

}  // namespace trainyard
