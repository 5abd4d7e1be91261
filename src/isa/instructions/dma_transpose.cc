// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/dma_transpose.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "isa/instructions/refuse.h"
#include "isa/instructions/row_walk.h"

namespace trainyard {
namespace {

constexpr int kRankMax = 4;
constexpr std::int32_t kRowGroup = 16;

// Axis i of the result is axis permutation[i] of the source: outermost and innermost change places,
// in 3-D all reverse.
std::array<int, kRankMax> permutation_of(int rank) {
  if (rank == 2) return {1, 0, 0, 0};
  if (rank == 3) return {2, 1, 0, 0};
  return {3, 1, 2, 0};
}

std::string axes_text(int rank) {
  return rank == 2 ? "(1, 0)" : rank == 3 ? "(2, 1, 0)" : "(3, 1, 2, 0)";
}

}  // namespace

void DmaTranspose::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .spaces = kSbuf}, dst);
  v.tile({.name = "src", .spaces = kSbufOrHbm}, src);
  v.integers({.name = "axes", .need = Need::optional}, axes);
  v.integer({.name = "priority", .need = Need::optional}, priority);
  v.choice({.name = "dge_mode", .need = Need::optional}, dge_mode);
  v.choice({.name = "oob_mode", .need = Need::optional}, oob_mode);
}

void DmaTranspose::check(const CheckContext& context) const {
  require_same_dtype("dst", dst, "src", src);
  const int rank = src.rank;
  if (rank < 2 || rank > kRankMax) {
    refuse("src", fmt::format("must have 2, 3 or 4 dimensions, not {}", rank), "reshape it");
  }
  const auto permutation = permutation_of(rank);
  if (axes.size != 0) {
    bool supported = axes.size == rank;
    for (int i = 0; supported && i < rank; ++i) supported = axes.values[i] == permutation[i];
    if (!supported) {
      refuse("axes",
             fmt::format("a {}-D source can only be transposed by {}", rank, axes_text(rank)),
             "reshape src so that this permutation is the one meant");
    }
  }
  bool fits = dst.rank == rank;
  for (int i = 0; fits && i < rank; ++i) {
    fits = dst.dims[i].count == src.dims[permutation[i]].count;
  }
  if (!fits) {
    View wanted = src;
    for (int i = 0; i < rank; ++i) wanted.dims[i] = src.dims[permutation[i]];
    refuse("dst",
           fmt::format("must have the transposed shape {}, not {}", shape_text(wanted),
                       shape_text(dst)),
           fmt::format("src is {}, axes are {}", shape_text(src), axes_text(rank)));
  }
  const bool gathers = chooses_rows(context, src);
  if (chooses_rows(context, dst)) {
    refuse("dst", "cannot be scattered by a vector of indices", "transpose first, then dma_copy");
  }
  check_dge(context, dge_mode, gathers);
  check_priority(context, priority);
  if (!gathers && dge_mode == DgeMode::swdge) {
    refuse("dge_mode", "swdge transposes only rows chosen by an index tile",
           "leave it out, or use dge_mode.hwdge");
  }
  if (oob_mode == OobMode::skip && src.indirect == 0) {
    refuse("oob_mode", "skip is for a source with an index", "leave it out");
  }
  if (gathers || dge_mode == DgeMode::hwdge) check_native(context);
  if (gathers) check_gather(context);
  if (dge_mode == DgeMode::hwdge) check_hardware_tile();
}

// What the engines' own transpose takes, however its descriptors are made.
void DmaTranspose::check_native(const CheckContext& context) const {
  if (dtype_bytes(src.dtype) != 2) {
    refuse("src",
           fmt::format("a transpose with {} moves 2-byte elements; {} has {} bytes",
                       src.indirect != 0 ? "indices" : "hwdge", dtype_info(src.dtype).name,
                       dtype_bytes(src.dtype)),
           "use a 16-bit dtype");
  }
  const std::int64_t limit = context.machine().core.partitions;
  if (src.dims[src.rank - 1].count > limit) {
    refuse("src",
           fmt::format("the innermost dimension becomes partitions: at most {}, not {}", limit,
                       src.dims[src.rank - 1].count),
           "transpose in parts");
  }
}

void DmaTranspose::check_gather(const CheckContext& context) const {
  require_generation(context, Generation::gen3, "src", "a gathering transpose");
  if (src.space != Space::hbm) refuse("src", "a gathered source must be in HBM", "copy it there");
  if (src.rank == 4 && src.dims[1].count != 1 && src.dims[2].count != 1) {
    refuse("src", fmt::format("one of the middle dimensions of {} must be 1", shape_text(src)),
           "transpose in parts");
  }
  const View& index = context.indirect(src).index;
  if (index.dtype != DType::uint32) {
    refuse("src", fmt::format("row indices must be uint32, not {}", dtype_info(index.dtype).name),
           "convert the index tile");
  }
  if (index.elements_per_partition() > 1 &&
      index.partitions() != context.machine().core.partitions) {
    refuse("src",
           fmt::format("an index tile of several columns has {} partitions, not {}",
                       context.machine().core.partitions, index.partitions()),
           "give the indices as (128, columns), column after column");
  }
  if (src.dims[0].count % kRowGroup != 0 || index.partitions() % kRowGroup != 0) {
    refuse("src",
           fmt::format("rows are gathered by 16: {} rows by an index tile of {}", src.dims[0].count,
                       shape_text(index)),
           "pad the index tile to a multiple of 16 partitions");
  }
}

void DmaTranspose::check_hardware_tile() const {
  const std::int32_t rows = src.dims[0].count;
  const bool fits = src.rank == 2 ? rows == kRowGroup
                                  : rows <= kRowGroup && kRowGroup % rows == 0 &&
                                        rows * src.dims[src.rank - 2].count % kRowGroup == 0;
  if (!fits) {
    refuse("src",
           fmt::format("hwdge transposes 16 rows at a time: {} does not fit", shape_text(src)),
           "2-D: 16 rows; else 1, 2, 4, 8 or 16, times the second innermost a multiple of 16");
  }
}

void DmaTranspose::execute(CoreState& core, Engine) const {
  const Rows from = core.access(src, Touch::read, oob_mode);
  const bool skips = skips_rows(from);
  const Rows to = core.access(dst, skips ? Touch::write_part : Touch::write);
  const auto total = static_cast<std::size_t>(src.elements());
  auto* in = reinterpret_cast<std::uint32_t*>(core.scratch(0, total));
  auto* out = reinterpret_cast<std::uint32_t*>(core.scratch(1, total));
  load_rows_bits(from, 0, from.partitions, in);
  if (skips) load_rows_bits(to, 0, to.partitions, out);

  // Outermost and innermost change places; of the two between, a 4-D source keeps the order.
  const int rank = src.rank;
  const std::int64_t rows = src.dims[0].count;
  const std::int64_t columns = src.dims[rank - 1].count;
  const std::int64_t middle = static_cast<std::int64_t>(total) / (rows * columns);
  constexpr std::int64_t kBlock = 16;
  for (std::int64_t m = 0; m < middle; ++m) {
    for (std::int64_t r0 = 0; r0 < rows; r0 += kBlock) {
      const std::int64_t r1 = std::min(rows, r0 + kBlock);
      for (std::int64_t c = 0; c < columns; ++c) {
        std::uint32_t* to_row = out + (c * middle + m) * rows;
        const std::uint32_t* column = in + m * columns + c;
        for (std::int64_t r = r0; r < r1; ++r) {
          if (skips && from.skipped(static_cast<std::int32_t>(r))) continue;
          to_row[r] = column[r * middle * columns];
        }
      }
    }
  }
  store_rows_bits(to, 0, to.partitions, out);
}

Cost DmaTranspose::cost(const Machine& machine, Engine) const {
  Cost cost = dma_cost(machine, dst, src, dge_mode);
  cost.dma.transpose = true;
  // The engines transpose 2- and 4-byte elements from NeuronCore-v3 on; else each is a descriptor.
  const bool native = machine.dma.transpose_hbm_to_sbuf_ratio > 0 && dtype_bytes(src.dtype) >= 2;
  const auto bytes = static_cast<std::int64_t>(dtype_bytes(src.dtype));
  cost.dma.element_wise = !native;
  cost.dma.run_bytes = native ? src.dims[src.rank - 1].count * bytes : bytes;
  cost.dma.descriptors = cost.dma.payload_bytes / cost.dma.run_bytes;
  return cost;
}

}  // namespace trainyard
