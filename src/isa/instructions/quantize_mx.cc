// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/quantize_mx.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/engine_cost.h"
#include "isa/instructions/mx_scales.h"
#include "isa/instructions/operand_rules.h"
#include "isa/instructions/refuse.h"

namespace trainyard {

void QuantizeMx::visit(ParamVisitor& v) {
  v.tile({.name = "dst",
          .touch = Touch::write,
          .spaces = kSbuf,
          .dtypes = dtypes(DType::float8_e5m2_x4, DType::float8_e4m3fn_x4)},
         dst);
  v.tile({.name = "src", .spaces = kSbuf, .dtypes = dtypes(DType::float16, DType::bfloat16)}, src);
  v.tile({.name = "dst_scale",
          .touch = Touch::write,
          .spaces = kSbuf,
          .dtypes = kMxScaleTypes,
          .any_start = true},
         dst_scale);
}

void QuantizeMx::check(const CheckContext& context) const {
  refuse_rows(context, "dst_scale", dst_scale);
  check_mx_pair(context, "src", src, "dst_scale", dst_scale);
  const auto values = static_cast<std::int64_t>(mx::kGroupValues);
  const std::int64_t elements = src.elements_per_partition();
  if (elements % values != 0) {
    refuse("src", fmt::format("must have a multiple of 4 elements per partition, not {}", elements),
           "pad it with zeros");
  }
  if (dst.partitions() != src.partitions() || dst.elements_per_partition() * values != elements) {
    refuse("dst",
           fmt::format("must have shape ({}, {}), not {}", src.partitions(), elements / values,
                       shape_text(dst)),
           "a word holds four values");
  }
  if (dst_scale.elements_per_partition() * values != elements) {
    refuse("dst_scale",
           fmt::format("must have {} elements per partition, not {}", elements / values,
                       dst_scale.elements_per_partition()),
           "one scale per word");
  }
}

void QuantizeMx::execute(CoreState& core, Engine) const {
  const auto quadrant = static_cast<std::int32_t>(core.machine().core.partition_quadrant);
  const auto group = static_cast<std::int32_t>(mx::kGroupPartitions);
  const Rows from = core.access(src, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const auto words = static_cast<std::size_t>(to.elements);
  const auto row_values = words * mx::kGroupValues;

  // Only the scale rows count as written, unless the others are zeroed.
  const bool zeroes = dst_scale.partitions() % quadrant == 0;
  View scale_view = dst_scale;
  float* values = core.scratch(0, row_values * mx::kGroupPartitions);
  auto* packed = reinterpret_cast<std::uint32_t*>(core.scratch(1, words * mx::kGroupPartitions));
  auto* scale_bits = reinterpret_cast<std::uint32_t*>(core.scratch(2, 2 * words));
  auto* scale_bytes = reinterpret_cast<std::uint8_t*>(scale_bits + words);
  for (std::int32_t p = 0; p < from.partitions; p += quadrant) {
    scale_view.partition = dst_scale.partition + p * dst_scale.dims[0].step;
    scale_view.dims[0].count = zeroes ? quadrant : quadrant / group;
    const Rows scales = core.access(scale_view, Touch::write);
    for (std::int32_t g = 0; g < quadrant / group; ++g) {
      const std::int32_t first = p + g * group;
      load_rows(from, first, group, values);
      mx::quantize_rows(dst.dtype, core.mx_scale_rule(), values, row_values, words,
                        reinterpret_cast<std::byte*>(packed),
                        static_cast<std::int64_t>(words * sizeof(std::uint32_t)), scale_bytes);
      store_rows_bits(to, first, group, packed);
      std::copy_n(scale_bytes, words, scale_bits);
      store_rows_bits(scales, g, 1, scale_bits);
    }
    if (!zeroes) continue;
    std::fill_n(scale_bits, words, 0u);
    for (std::int32_t row = quadrant / group; row < quadrant; ++row) {
      store_rows_bits(scales, row, 1, scale_bits);
    }
  }
}

Cost QuantizeMx::cost(const Machine& machine, Engine) const {
  Cost cost = vector_cost(machine, {.cycles = static_cast<double>(src.elements_per_partition()) /
                                              machine.vector.quantize_mx_elements_per_cycle,
                                    .lane_ops = src.elements()});
  cost.lane_class = LaneClass::quantize;
  return cost;
}

}  // namespace trainyard
