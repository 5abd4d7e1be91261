// SPDX-License-Identifier: Apache-2.0
#include "kernels/operand.h"

#include "isa/instructions/dma_copy.h"
#include "isa/instructions/memset.h"
#include "isa/instructions/nc_matmul.h"
#include "isa/instructions/nc_matmul_mx.h"

namespace trainyard {
namespace {

constexpr std::int64_t kScaleRows = 4;  // of each quadrant
constexpr double kMxGroup = 32;         // values that share a scale of one byte

constexpr FormatInfo kFormats[] = {
    {"bf16", DType::bfloat16, 1, 1, 2.0, false},
    {"fp8", DType::float8_e4m3, 1, 2, 1.0, false},
    {"MXFP8", DType::float8_e4m3fn_x4, 4, 1, 1.0 + 1 / kMxGroup, true},
    {"MXFP4", DType::float4_e2m1fn_x4, 4, 1, 0.5 + 1 / kMxGroup, true},
};

// A tile of (partitions, steps x rows x columns): the part as (partitions, [rows,] columns).
View part_of(const Operand& operand, const View& tile, std::int64_t rows, const OperandPart& part) {
  View view = tile;
  view.offset_bytes += (part.step * rows * operand.columns + part.first) *
                       static_cast<std::int64_t>(dtype_bytes(tile.dtype));
  view.rank = rows > 1 ? 3 : 2;
  view.dims[1] = {static_cast<std::int32_t>(operand.columns), static_cast<std::int32_t>(rows)};
  view.dims[view.rank - 1] = {1, static_cast<std::int32_t>(part.columns)};
  return view;
}

std::int64_t elements(const Operand& operand) {
  return operand.steps * format_info(operand.format).rows * operand.columns;
}

View rows_of(View tile, std::int64_t first, std::int64_t count) {
  if (on_chip(tile.space)) {
    tile.partition += static_cast<std::int32_t>(first);
  } else {
    tile.offset_bytes +=
        first * tile.dims[0].step * static_cast<std::int64_t>(dtype_bytes(tile.dtype));
  }
  tile.dims[0].count = static_cast<std::int32_t>(count);
  return tile;
}

}  // namespace

const FormatInfo& format_info(Format format) {
  return kFormats[static_cast<std::size_t>(format)];
}

Format best_8bit_format(const Machine& machine) {
  return machine.tensor.mx_products_per_pe > machine.tensor.fp8_rows_per_cycle ? Format::mxfp8
                                                                               : Format::fp8;
}

std::int64_t step_values(Format format, const Machine& machine) {
  return machine.core.partitions * format_info(format).values * format_info(format).rows;
}

View columns_of(View tile, std::int64_t first, std::int64_t count) {
  tile.offset_bytes += first * static_cast<std::int64_t>(dtype_bytes(tile.dtype));
  tile.dims[1].count = static_cast<std::int32_t>(count);
  return tile;
}

Operand on_chip_operand(Builder& build, Format format, std::int64_t steps, std::int64_t columns) {
  Operand operand;
  operand.format = format;
  operand.steps = steps;
  operand.columns = columns;
  const std::int64_t partitions = build.machine().core.partitions;
  operand.data = build.sbuf({partitions, elements(operand)}, format_info(format).dtype);
  if (format_info(format).mx) {
    operand.scale = build.sbuf({partitions, elements(operand)}, DType::uint8);
  }
  return operand;
}

void fill(Builder& build, const Operand& operand) {
  View bytes = operand.data;
  bytes.dtype = DType::uint8;
  bytes.dims[1].count *= static_cast<std::int32_t>(dtype_bytes(operand.data.dtype));
  build(Memset{.dst = bytes});
  if (operand.scale.present()) build(Memset{.dst = operand.scale, .value = 127});
}

StoredOperand stored_operand(KernelLoop& loop, const Operand& like) {
  StoredOperand stored;
  const std::int64_t partitions = loop.machine().core.partitions;
  stored.data = loop.input({partitions, elements(like)}, like.data.dtype);
  if (like.scale.present()) {
    const std::int64_t quadrants = partitions / loop.machine().core.partition_quadrant;
    stored.scale = loop.input({quadrants * kScaleRows, elements(like)}, DType::uint8);
  }
  return stored;
}

void copy_by_dma(Builder& build, const View& dst, const View& src, Engine queue) {
  if (build.machine().generation == Generation::gen2) {
    build(DmaCopy{.dst = dst, .src = src});
  } else {
    build(DmaCopy{.dst = dst, .src = src, .dge_mode = DgeMode::hwdge}, queue);
  }
}

void load(KernelLoop& loop, const Operand& to, const StoredOperand& from, std::int64_t pieces) {
  const std::int64_t each = elements(to) / pieces;
  for (std::int64_t piece = 0; piece < pieces; ++piece) {
    copy_by_dma(loop.build(), columns_of(to.data, piece * each, each),
                columns_of(from.data, piece * each, each), Engine::sync);
  }
  if (!to.scale.present()) return;
  const std::int64_t quadrant = loop.machine().core.partition_quadrant;
  for (std::int64_t q = 0; q * quadrant < loop.machine().core.partitions; ++q) {
    copy_by_dma(loop.build(), rows_of(to.scale, q * quadrant, kScaleRows),
                rows_of(from.scale, q * kScaleRows, kScaleRows), Engine::sync);
  }
}

void multiply(Builder& build, const View& dst, const Operand& stationary, const OperandPart& s,
              const Operand& moving, const OperandPart& m, bool overwrite) {
  const FormatInfo& format = format_info(moving.format);
  const Accumulate accumulate = overwrite ? Accumulate::overwrite : Accumulate::add;
  const View weights = part_of(stationary, stationary.data, format.rows, s);
  const View data = part_of(moving, moving.data, format.rows, m);
  if (format.mx) {
    build(NcMatmulMx{.dst = dst,
                     .stationary = weights,
                     .moving = data,
                     .stationary_scale = part_of(stationary, stationary.scale, 1, s),
                     .moving_scale = part_of(moving, moving.scale, 1, m),
                     .accumulate = accumulate});
  } else {
    build(
        NcMatmul{.dst = dst,
                 .stationary = weights,
                 .moving = data,
                 .accumulate = accumulate,
                 .perf_mode = format.rows > 1 ? MatmulPerfMode::double_row : MatmulPerfMode::none});
  }
}

}  // namespace trainyard
