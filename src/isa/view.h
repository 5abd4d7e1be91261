// SPDX-License-Identifier: Apache-2.0
// A View says which elements of a tensor an instruction operand touches: the access pattern that
// the hardware's descriptors hold (nki/deep-dives/nki-aps.rst), before any address is known.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "numerics/dtype.h"

namespace trainyard {

enum class Space : std::uint8_t { sbuf, psum, hbm };

inline bool on_chip(Space space) {
  return space != Space::hbm;
}

// Index into the tensor table of the Program that the view belongs to.
using TensorId = std::uint32_t;
inline constexpr TensorId kNoTensor = 0xffffffffu;

// One dimension of an access pattern. `step` counts elements of the view's dtype, except dim 0 of
// an on-chip view, where it counts partitions. A broadcast dimension has step 0.
struct Dim {
  std::int32_t step = 0;
  std::int32_t count = 0;
};

inline constexpr int kMaxRank = 8;

// A trivially copyable value; the bytes it names live in the core's memory.
struct View {
  TensorId tensor = kNoTensor;
  DType dtype = DType::float32;
  Space space = Space::sbuf;
  std::uint8_t rank = 0;          // dims in use; on chip dim 0 is the partition dimension
  bool columns = false;           // made with .indirect(): its Indirect is of kind columns
  std::uint32_t indirect = 0;     // 1 + index into Program::indirects; 0: a static pattern
  std::int32_t partition = 0;     // on chip: first partition, counted from the tensor's first
  std::int64_t offset_bytes = 0;  // hbm: from the tensor's first byte; on chip: the same offset
                                  // inside every partition
  std::array<Dim, kMaxRank> dims{};

  bool present() const { return tensor != kNoTensor; }
  // On chip: partitions touched. HBM: count of the outermost dimension.
  std::int32_t partitions() const { return rank == 0 ? 1 : dims[0].count; }
  // Elements of each partition (on chip), or of each outermost row (HBM).
  std::int64_t elements_per_partition() const {
    std::int64_t n = 1;
    for (int d = 1; d < rank; ++d) n *= dims[d].count;
    return n;
  }
  std::int64_t elements() const { return partitions() * elements_per_partition(); }
  std::int64_t bytes() const { return elements() * static_cast<std::int64_t>(dtype_bytes(dtype)); }
};

// Names a virtual register of the Program (nisa.register_alloc).
using RegisterId = std::uint32_t;
inline constexpr RegisterId kNoRegister = 0xffffffffu;

// How a View's address depends on values known only when the instruction runs.
enum class IndirectKind : std::uint8_t {
  scalar_register,  // one offset from a register          (.ap(scalar_offset=register), nl.ds)
  scalar_tile,      // one offset from a (1, 1) SBUF tile   (.ap(scalar_offset=tile))
  vector_rows,      // one row index per row of dim 0       (.ap(vector_offset=tile))
  columns,          // free-dimension offsets in snake order (.indirect(index), NeuronCore-v4)
};

struct Indirect {
  IndirectKind kind = IndirectKind::scalar_register;
  View index;                    // scalar_tile, vector_rows, columns
  RegisterId reg = kNoRegister;  // scalar_register
  std::int64_t scale_bytes = 0;  // address bytes per unit of index
  std::int64_t index_limit = 0;  // indices must be in [0, index_limit), else out of bounds
  std::int32_t dim = 0;          // the dimension the index replaces or shifts
  bool partition_dim = false;    // on-chip scalar offset that moves the start partition
};

}  // namespace trainyard
