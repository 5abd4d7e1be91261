// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/nc_matmul_mx.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/instructions/matmul_parts.h"
#include "isa/instructions/mx_scales.h"
#include "isa/instructions/operand_rules.h"

namespace trainyard {
namespace {

constexpr int kWordSlot = 4;  // one partition's words, as stored
constexpr int kScaleSlot = 5;
constexpr int kValueSlot = 6;

// The scale rows of the 32 partitions from `first` on. Rows between the quadrants' scales are not
// read: they may never have been written.
View quadrant_scales(View scale, std::int32_t first, std::int32_t quadrant) {
  scale.partition += first * scale.dims[0].step;
  scale.dims[0].count = quadrant / static_cast<std::int32_t>(mx::kGroupPartitions);
  return scale;
}

// (P, words) packed and scaled as a (4 P, words) matrix: row 4 p + v holds value v of partition p.
const float* unpacked(CoreState& core, const View& data, const View& scale, int slot) {
  const Rows rows = core.access(data, Touch::read);
  const bool indirect = scale.indirect != 0;
  Rows scales;
  if (indirect) scales = core.access(scale, Touch::read);
  const auto words = static_cast<std::size_t>(rows.elements);
  const auto quadrant = static_cast<std::int32_t>(core.machine().core.partition_quadrant);
  const auto values = mx::kGroupValues;
  float* matrix = core.scratch(slot, static_cast<std::size_t>(rows.partitions) * values * words);
  float* row = core.scratch(kValueSlot, values * words);
  auto* scale_bits = reinterpret_cast<std::uint32_t*>(core.scratch(kScaleSlot, 2 * words));
  auto* scale_bytes = reinterpret_cast<std::uint8_t*>(scale_bits + words);
  const auto word_bytes = static_cast<std::int64_t>(dtype_bytes(data.dtype));
  for (std::int32_t p = 0; p < rows.partitions; ++p) {
    if (!indirect && p % quadrant == 0) {
      scales = core.access(quadrant_scales(scale, p, quadrant), Touch::read);
    }
    if (p % static_cast<std::int32_t>(mx::kGroupPartitions) == 0) {
      load_rows_bits(scales, mx_scale_row(indirect ? p : p % quadrant, quadrant), 1, scale_bits);
      for (std::size_t w = 0; w < words; ++w) {
        scale_bytes[w] = static_cast<std::uint8_t>(scale_bits[w]);
      }
    }
    const std::byte* from = rows.row(p);
    if (!rows.dense()) {
      // Bring the words together first.
      auto* bits = reinterpret_cast<std::uint32_t*>(core.scratch(kWordSlot, 2 * words));
      auto* packed = reinterpret_cast<std::byte*>(bits + words);
      load_rows_bits(rows, p, 1, bits);
      for (std::size_t w = 0; w < words; ++w) {
        for (std::int64_t b = 0; b < word_bytes; ++b) {
          packed[w * static_cast<std::size_t>(word_bytes) + static_cast<std::size_t>(b)] =
              static_cast<std::byte>(bits[w] >> (8 * b));
        }
      }
      from = packed;
    }
    mx::load_scaled_row(data.dtype, from, word_bytes, words, scale_bytes, row);
    float* to = matrix + static_cast<std::size_t>(p) * values * words;
    for (std::size_t v = 0; v < values; ++v) {
      for (std::size_t w = 0; w < words; ++w) to[v * words + w] = row[values * w + v];
    }
  }
  return matrix;
}

bool same_view(const View& a, const View& b) {
  const auto same_dim = [](const Dim& x, const Dim& y) {
    return x.step == y.step && x.count == y.count;
  };
  return a.tensor == b.tensor && a.partition == b.partition && a.offset_bytes == b.offset_bytes &&
         a.rank == b.rank && a.dtype == b.dtype &&
         std::equal(a.dims.begin(), a.dims.begin() + a.rank, b.dims.begin(), same_dim);
}

}  // namespace

void check_mx_pair(const CheckContext& context, std::string_view data_name, const View& data,
                   std::string_view scale_name, const View& scale) {
  const auto quadrant = static_cast<std::int32_t>(context.machine().core.partition_quadrant);
  const std::int32_t partitions = data.partitions();
  if (partitions % quadrant != 0) {
    refuse(data_name,
           fmt::format("must have a multiple of {} partitions, not {}", quadrant, partitions),
           "pad it with zeros");
  }
  const std::int32_t needed = mx_scale_row(partitions - 1, quadrant) + 1;
  if (scale.partitions() < needed) {
    refuse(scale_name,
           fmt::format("must reach {} partitions for {} partitions of {}, not {}", needed,
                       partitions, data_name, scale.partitions()),
           "four scale rows lie at the start of each quadrant of 32 partitions");
  }
}

void NcMatmulMx::visit(ParamVisitor& v) {
  const bool overwrites = accumulate == Accumulate::overwrite;
  v.tile({.name = "dst",
          .touch = overwrites ? Touch::write : Touch::read_write,
          .spaces = kPsum,
          .columns = true},
         dst);
  v.tile({.name = "stationary", .spaces = kSbuf, .dtypes = kMxTypes, .columns = true}, stationary);
  v.tile({.name = "moving", .spaces = kSbuf, .dtypes = kMxTypes, .columns = true}, moving);
  v.tile({.name = "stationary_scale",
          .spaces = kSbuf,
          .dtypes = kMxScaleTypes,
          .any_start = true,
          .columns = true},
         stationary_scale);
  v.tile({.name = "moving_scale",
          .spaces = kSbuf,
          .dtypes = kMxScaleTypes,
          .any_start = true,
          .columns = true},
         moving_scale);
  v.integers({.name = "tile_position", .need = Need::optional}, tile_position);
  v.integers({.name = "tile_size", .need = Need::optional}, tile_size);
  v.choice({.name = "accumulate", .need = Need::optional}, accumulate);
}

void NcMatmulMx::check(const CheckContext& context) const {
  check_psum_dtype(context, dst);
  check_contraction(stationary, moving);
  check_mx_pair(context, "stationary", stationary, "stationary_scale", stationary_scale);
  check_mx_pair(context, "moving", moving, "moving_scale", moving_scale);
  const std::int64_t m = stationary.elements_per_partition();
  const std::int64_t n = moving.elements_per_partition();
  if (stationary_scale.elements_per_partition() != m) {
    refuse("stationary_scale",
           fmt::format("must have one scale per word of stationary: {}, not {}", m,
                       stationary_scale.elements_per_partition()),
           "slice it");
  }
  if (moving_scale.elements_per_partition() != n) {
    refuse("moving_scale",
           fmt::format("must have one scale per word of moving: {}, not {}", n,
                       moving_scale.elements_per_partition()),
           "slice it");
  }
  if (m % 2 != 0) {
    refuse("stationary", fmt::format("must have an even number of words per partition, not {}", m),
           "pad it with zeros");
  }
  check_tiling(context, tile_position, tile_size, stationary.partitions(), m, false);
  check_moving_size(context, dst, n);
  check_product_shapes(dst, m, n);
  const bool indirect = dst.columns || stationary.columns || moving.columns;
  if (indirect && tile_position.size == 2 && tile_position.values[0] != 0) {
    refuse("tile_position", "must be (0, 0) when an operand uses .indirect()", "leave it out");
  }
  for (const auto& [name, data, scale] : {std::tuple{"stationary", &stationary, &stationary_scale},
                                          std::tuple{"moving", &moving, &moving_scale}}) {
    const bool same = data->columns == scale->columns &&
                      (!data->columns ||
                       same_view(context.indirect(*data).index, context.indirect(*scale).index));
    if (!same) {
      refuse(name, "data and scales must both use .indirect() with one index, or neither",
             "give them the same index");
    }
  }
  check_scatter(context, dst, "stationary", stationary);
}

void NcMatmulMx::execute(CoreState& core, Engine) const {
  const float* weights = unpacked(core, stationary, stationary_scale, 0);
  const float* data = unpacked(core, moving, moving_scale, 1);
  const auto columns = static_cast<std::size_t>(stationary.elements_per_partition());
  const auto count = static_cast<std::size_t>(moving.elements_per_partition());
  ProductSink sink(core, dst, accumulate);
  gemm_accumulate_fixed_order(weights, columns, data, count,
                              static_cast<std::size_t>(stationary.partitions()) * mx::kGroupValues,
                              columns, count, sink.out(), sink.pitch(), sink.mode());
  sink.finish();
}

Cost NcMatmulMx::cost(const Machine& machine, Engine) const {
  Cost cost = tensor_cost(
      machine, {.rows = moving.elements_per_partition(),
                .columns = stationary.elements_per_partition(),
                .row_bytes = static_cast<std::int64_t>(dtype_bytes(moving.dtype)),
                .column_bytes = static_cast<std::int64_t>(dtype_bytes(stationary.dtype))});
  cost.array_tile = array_tile(machine, tile_position, tile_size);
  cost.array_rows =
      static_cast<double>(stationary.partitions()) / static_cast<double>(machine.tensor.rows);
  cost.macs = stationary.elements() * static_cast<std::int64_t>(mx::kGroupValues) *
              moving.elements_per_partition();
  cost.mac_class =
      stationary.dtype == DType::float4_e2m1fn_x4 && moving.dtype == DType::float4_e2m1fn_x4
          ? MacClass::mxfp4
          : MacClass::mxfp8;
  cost.weight_bytes = stationary.bytes() + stationary_scale.bytes();
  return cost;
}

}  // namespace trainyard
