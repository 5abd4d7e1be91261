// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/search.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/operand_rules.h"

namespace trainyard {
namespace {

constexpr std::int32_t kGroup = 16;  // partitions of one GpSimd processor
constexpr DTypeSet kIds = dtypes(DType::float32, DType::int32);

}  // namespace

void SequenceBounds::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .spaces = kSbuf, .dtypes = kIds}, dst);
  v.tile({.name = "segment_ids", .spaces = kSbuf, .dtypes = kIds}, segment_ids);
}

void SequenceBounds::check(const CheckContext&) const {
  if (segment_ids.partitions() != 1) {
    refuse("segment_ids", fmt::format("must have one partition, not {}", segment_ids.partitions()),
           "call it for each partition");
  }
  require_same_partitions("dst", dst, "segment_ids", segment_ids);
  require_elements("dst", dst, 2 * segment_ids.elements_per_partition(),
                   "all first indices, then all last ones");
}

void SequenceBounds::execute(CoreState& core, Engine) const {
  const Rows from = core.access(segment_ids, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const std::int64_t n = from.elements;
  const auto count = static_cast<std::size_t>(n);
  float* ids = core.scratch(0, count);
  auto* bounds = reinterpret_cast<std::int64_t*>(core.scratch(1, 4 * count));
  load_rows(from, 0, 1, ids);
  for (std::int64_t i = 0; i < n;) {
    std::int64_t end = i + 1;
    while (end < n && ids[end] == ids[i]) ++end;
    const bool padding = ids[i] == 0.0F;
    std::fill(bounds + i, bounds + end, padding ? n : i);
    std::fill(bounds + n + i, bounds + n + end, padding ? -1 : end);
    i = end;
  }
  core.store_rows_int(to, 0, 1, bounds);
}

Cost SequenceBounds::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles = static_cast<double>(segment_ids.elements_per_partition());
  work.lane_ops = segment_ids.elements();
  return gpsimd_cost(machine, work);
}

void NonzeroWithCount::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .spaces = kSbuf, .dtypes = dtypes(DType::int32)},
         dst);
  v.tile({.name = "src", .spaces = kSbuf, .dtypes = kIds}, src);
  v.integer({.name = "index_offset", .need = Need::optional}, index_offset);
  v.integer({.name = "padding_val", .need = Need::optional}, padding_val);
}

void NonzeroWithCount::check(const CheckContext& context) const {
  require_same_partitions("dst", dst, "src", src);
  require_elements("dst", dst, src.elements_per_partition() + 1, "one more than src: the count");
  for (const auto& [name, value] :
       {std::pair{"index_offset", index_offset}, std::pair{"padding_val", padding_val}}) {
    if (value < INT32_MIN || value > INT32_MAX) {
      refuse(name, fmt::format("must be a 32-bit integer, not {}", value), "use a smaller value");
    }
  }
  refuse_rows(context, "dst", dst);
  refuse_rows(context, "src", src);
}

// The partitions that count: the first of every 16.
View NonzeroWithCount::every_group(View view) {
  if (view.partitions() == 1) return view;
  view.dims[0].count = (view.dims[0].count + kGroup - 1) / kGroup;
  view.dims[0].step *= kGroup;
  return view;
}

void NonzeroWithCount::execute(CoreState& core, Engine) const {
  const Rows from = core.access(every_group(src), Touch::read);
  const Rows to = core.access(every_group(dst), Touch::write);
  const auto elements = static_cast<std::size_t>(from.elements);
  float* x = core.scratch(0, elements);
  auto* out = reinterpret_cast<std::uint32_t*>(core.scratch(1, elements + 1));
  for (std::int32_t p = 0; p < from.partitions; ++p) {
    load_rows(from, p, 1, x);
    std::size_t found = 0;
    for (std::size_t i = 0; i < elements; ++i) {
      if (x[i] != 0.0F) out[found++] = static_cast<std::uint32_t>(i + index_offset);
    }
    std::fill(out + found, out + elements, static_cast<std::uint32_t>(padding_val));
    out[elements] = static_cast<std::uint32_t>(found);
    store_rows_bits(to, p, 1, out);
  }
}

Cost NonzeroWithCount::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles = static_cast<double>(src.elements_per_partition());
  work.lane_ops = (src.partitions() + kGroup - 1) / kGroup * src.elements_per_partition();
  return gpsimd_cost(machine, work);
}

void Topk::visit(ParamVisitor& v) {
  constexpr DTypeSet kBf16 = dtypes(DType::bfloat16);
  v.tile({.name = "val_dst", .touch = Touch::write, .spaces = kSbuf, .dtypes = kBf16}, val_dst);
  v.tile(
      {.name = "idx_dst", .touch = Touch::write, .spaces = kSbuf, .dtypes = dtypes(DType::uint32)},
      idx_dst);
  v.tile({.name = "src", .spaces = kSbuf, .dtypes = kBf16}, src);
  v.integer({.name = "n"}, n);
}

void Topk::check(const CheckContext&) const {
  if (src.partitions() % kGroup != 0) {
    refuse("src", fmt::format("must have a multiple of 16 partitions, not {}", src.partitions()),
           "each GpSimd processor serves 16");
  }
  require_same_partitions("val_dst", val_dst, "src", src);
  require_same_size("idx_dst", idx_dst, "val_dst", val_dst);
  if (n < 8 || n >= 65536 || n > src.elements_per_partition() * kGroup) {
    refuse("n",
           fmt::format("must be 8 to {}, not {}",
                       std::min<std::int64_t>(65535, src.elements_per_partition() * kGroup), n),
           "it counts elements of 16 partitions together");
  }
  const std::int64_t k = val_dst.elements_per_partition();
  if (k < 1 || k >= 32768 || k > n) {
    refuse("val_dst", fmt::format("must have 1 to n = {} elements per partition, not {}", n, k),
           "slice it");
  }
}

void Topk::execute(CoreState& core, Engine) const {
  const Rows from = core.access(src, Touch::read);
  const Rows values = core.access(val_dst, Touch::write);
  const Rows indices = core.access(idx_dst, Touch::write);
  const auto k = static_cast<std::size_t>(values.elements);
  const auto elements = static_cast<std::size_t>(from.elements);
  float* x = core.scratch(0, elements * kGroup);
  auto* order = reinterpret_cast<std::uint32_t*>(core.scratch(1, static_cast<std::size_t>(n)));
  float* best = core.scratch(2, k);
  const auto value = [&](std::uint32_t i) { return x[i % kGroup * elements + i / kGroup]; };
  // NaN below everything, so that the order is one.
  const auto larger = [&](std::uint32_t a, std::uint32_t b) {
    const float va = value(a), vb = value(b);
    if (va > vb) return true;
    if (va < vb) return false;
    if ((va == va) != (vb == vb)) return va == va;
    return a < b;
  };
  for (std::int32_t group = 0; group < from.partitions; group += kGroup) {
    load_rows(from, group, kGroup, x);
    for (std::uint32_t i = 0; i < n; ++i) order[i] = i;
    std::partial_sort(order, order + k, order + n, larger);
    std::reverse(order, order + k);
    for (std::size_t i = 0; i < k; ++i) best[i] = value(order[i]);
    for (std::int32_t p = group; p < group + kGroup; ++p) {
      core.store_rows(values, p, 1, best);
      store_rows_bits(indices, p, 1, order);
    }
  }
}

Cost Topk::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles =
      4.0 * static_cast<double>(n) + static_cast<double>(val_dst.elements_per_partition());
  work.lane_ops = n * src.partitions() / kGroup;
  return gpsimd_cost(machine, work);
}

}  // namespace trainyard
