// SPDX-License-Identifier: Apache-2.0
// Operands of matmuls in the format that a kernel wants, and the matmul that takes them. A
// contraction step is what one instruction sums over: 128 rows in bfloat16, 256 in float8 double
// rows, 512 in MX formats.
#pragma once

#include <cstdint>

#include "kernels/kernel_loop.h"

namespace trainyard {

enum class Format : std::uint8_t { bf16, fp8, mxfp8, mxfp4 };

struct FormatInfo {
  const char* name;
  DType dtype;                  // of an element in memory: a word of four values in MX formats
  std::int64_t values = 1;      // in one element
  std::int64_t rows = 1;        // of a partition, in double-row mode
  double bytes_per_weight = 0;  // with scales
  bool mx = false;
};
const FormatInfo& format_info(Format format);
// Double rows of fp8 before the fourth generation.
Format best_8bit_format(const Machine& machine);
// Values of the contraction that one instruction sums over.
std::int64_t step_values(Format format, const Machine& machine);

// `steps` contraction steps of `columns` columns, in SBUF.
struct Operand {
  View data, scale;  // scale: MX formats
  std::int64_t steps = 0, columns = 0;
  Format format = Format::bf16;
};
Operand on_chip_operand(Builder& build, Format format, std::int64_t steps, std::int64_t columns);
// Ready to use without a load: zeros.
void fill(Builder& build, const Operand& operand);

// The same in HBM, laid out so that each partition's part is one run of bytes.
struct StoredOperand {
  View data, scale;
};
StoredOperand stored_operand(KernelLoop& loop, const Operand& like);
// By the hardware's descriptors, in the queue of sync or scalar; Trainium1's are made before a run.
void copy_by_dma(Builder& build, const View& dst, const View& src, Engine queue);
// Loads in `pieces` DMAs, and the rows that hold scales: four of each quadrant.
void load(KernelLoop& loop, const Operand& to, const StoredOperand& from, std::int64_t pieces);

struct OperandPart {
  std::int64_t step = 0, first = 0, columns = 0;
};
// dst (+)= the product of both over one step.
void multiply(Builder& build, const View& dst, const Operand& stationary, const OperandPart& s,
              const Operand& moving, const OperandPart& m, bool overwrite);

// Columns [first, first + count) of a tile of one free dimension.
View columns_of(View tile, std::int64_t first, std::int64_t count);

}  // namespace trainyard
