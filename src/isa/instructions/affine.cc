// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/affine.h"

#include <fmt/format.h>

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/operand_rules.h"
#include "numerics/alu_int.h"
#include "numerics/convert.h"

namespace trainyard {
namespace {

// INT64_MAX if there are more.
std::int64_t pattern_elements(const AffinePattern& pattern) {
  std::int64_t n = 1;
  for (int d = 0; d < pattern.rank; ++d) {
    if (__builtin_mul_overflow(n, std::int64_t{pattern.dims[d].count}, &n)) return INT64_MAX;
  }
  return n;
}

// The values of one partition, modulo 2^32, from `start` on.
void affine_row(const AffinePattern& pattern, std::uint32_t start, std::uint32_t* out) {
  std::int64_t filled = 1;
  out[0] = start;
  // Innermost dimension first: each repeats what is there, one step further each time.
  for (int d = pattern.rank - 1; d >= 0; --d) {
    const auto step = static_cast<std::uint32_t>(pattern.dims[d].step);
    for (std::int64_t i = filled; i < filled * pattern.dims[d].count; ++i) {
      out[i] = out[i - filled] + step;
    }
    filled *= pattern.dims[d].count;
  }
}

// The values of partitions [first, first + n).
void affine_rows(const std::uint32_t* row, std::size_t elements, std::uint32_t multiplier,
                 std::int32_t first, std::int32_t n, std::uint32_t* out) {
  for (std::int32_t p = first; p < first + n; ++p, out += elements) {
    const std::uint32_t shift = static_cast<std::uint32_t>(p) * multiplier;
    for (std::size_t i = 0; i < elements; ++i) out[i] = row[i] + shift;
  }
}

void check_pattern(const AffinePattern& pattern, const View& dst) {
  for (int d = 0; d < pattern.rank; ++d) {
    if (pattern.dims[d].count < 1) {
      refuse("pattern", fmt::format("counts must be positive, not {}", pattern.dims[d].count),
             "pairs are [step, count]");
    }
  }
  if (pattern_elements(pattern) != dst.elements_per_partition()) {
    refuse("pattern",
           fmt::format("must give the {} elements per partition of dst {}, not {}",
                       dst.elements_per_partition(), shape_text(dst), pattern_elements(pattern)),
           "pairs are [step, count], outermost first; the counts multiply to the elements");
  }
}

void check_word(std::string_view name, std::int64_t value) {
  if (value >= INT32_MIN && value <= INT32_MAX) return;
  refuse(name, fmt::format("must be a 32-bit integer, not {}", value), "use a smaller value");
}

}  // namespace

void Iota::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .spaces = kSbuf, .dtypes = kValueDTypes}, dst);
  v.pattern({.name = "pattern"}, pattern);
  v.integer({.name = "offset", .need = Need::optional}, offset);
  v.integer({.name = "channel_multiplier", .need = Need::optional}, channel_multiplier);
}

void Iota::check(const CheckContext&) const {
  check_pattern(pattern, dst);
  check_word("offset", offset);
  check_word("channel_multiplier", channel_multiplier);
}

void Iota::execute(CoreState& core, Engine) const {
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to);
  const auto elements = static_cast<std::size_t>(to.elements);
  auto* row = reinterpret_cast<std::uint32_t*>(core.scratch(0, elements));
  auto* words = reinterpret_cast<std::uint32_t*>(core.scratch(1, groups.floats()));
  auto* wide = reinterpret_cast<std::int64_t*>(core.scratch(2, 2 * groups.floats()));
  affine_row(pattern, static_cast<std::uint32_t>(offset), row);
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    affine_rows(row, elements, static_cast<std::uint32_t>(channel_multiplier), first, n, words);
    if (to.dtype == DType::int32) {
      store_rows_bits(to, first, n, words);
      return;
    }
    for (std::size_t i = 0; i < count; ++i) wide[i] = static_cast<std::int32_t>(words[i]);
    core.store_rows_int(to, first, n, wide);
  });
}

Cost Iota::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles = static_cast<double>(dst.elements_per_partition()) * stride_cycles(machine, {&dst});
  work.lane_ops = dst.elements();
  return gpsimd_cost(machine, work);
}

void AffineSelect::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .spaces = kSbuf, .dtypes = kValueDTypes}, dst);
  v.pattern({.name = "pattern"}, pattern);
  v.integer({.name = "channel_multiplier"}, channel_multiplier);
  v.tile({.name = "on_true_tile", .spaces = kSbuf, .dtypes = kValueDTypes}, on_true_tile);
  v.number({.name = "on_false_value"}, on_false_value);
  v.choice({.name = "cmp_op", .need = Need::optional}, cmp_op);
  v.integer({.name = "offset", .need = Need::optional}, offset);
}

void AffineSelect::check(const CheckContext&) const {
  require_same_size("on_true_tile", on_true_tile, "dst", dst);
  check_pattern(pattern, dst);
  check_word("offset", offset);
  check_word("channel_multiplier", channel_multiplier);
  require_op("cmp_op", cmp_op,
             {AluOp::equal, AluOp::not_equal, AluOp::less, AluOp::less_equal, AluOp::greater,
              AluOp::greater_equal});
}

void AffineSelect::execute(CoreState& core, Engine) const {
  const Rows from = core.access(on_true_tile, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  const auto elements = static_cast<std::size_t>(to.elements);
  auto* row = reinterpret_cast<std::uint32_t*>(core.scratch(0, elements));
  auto* words = reinterpret_cast<std::uint32_t*>(core.scratch(1, groups.floats()));
  float* x = core.scratch(2, groups.floats());
  auto* bits = reinterpret_cast<std::uint32_t*>(x);
  affine_row(pattern, static_cast<std::uint32_t>(offset), row);
  const auto if_false = static_cast<float>(on_false_value);
  const std::uint32_t bits_if_false = encode(to.dtype, if_false);
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    affine_rows(row, elements, static_cast<std::uint32_t>(channel_multiplier), first, n, words);
    auto* signed_words = reinterpret_cast<std::int32_t*>(words);
    alu_row_scalar(cmp_op, signed_words, 0, false, count, signed_words);
    if (from.dtype == to.dtype) {
      load_rows_bits(from, first, n, bits);
      for (std::size_t i = 0; i < count; ++i) bits[i] = words[i] != 0 ? bits[i] : bits_if_false;
      store_rows_bits(to, first, n, bits);
      return;
    }
    load_rows(from, first, n, x);
    for (std::size_t i = 0; i < count; ++i) x[i] = words[i] != 0 ? x[i] : if_false;
    core.store_rows(to, first, n, x);
  });
}

Cost AffineSelect::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles = static_cast<double>(dst.elements_per_partition()) *
                stride_cycles(machine, {&dst, &on_true_tile});
  work.lane_ops = dst.elements();
  return gpsimd_cost(machine, work);
}

}  // namespace trainyard
