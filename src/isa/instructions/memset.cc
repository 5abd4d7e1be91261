// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/memset.h"

#include <algorithm>
#include <cmath>

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/operand_rules.h"
#include "numerics/convert.h"

namespace trainyard {
namespace {

std::uint32_t stored(DType dtype, double value) {
  if (is_packed(dtype)) return 0;
  if (!is_integer(dtype)) return encode(dtype, static_cast<float>(value));
  if (value != value) return 0;
  // Nearest even, and inside what encode_integer saturates from.
  return encode_integer(dtype, std::llrint(std::clamp(value, -0x1p62, 0x1p62)));
}

// `count` elements side by side.
void fill(DType dtype, std::uint32_t bits, std::size_t count, std::byte* to) {
  switch (dtype_bytes(dtype)) {
    case 1:
      std::fill_n(reinterpret_cast<std::uint8_t*>(to), count, static_cast<std::uint8_t>(bits));
      return;
    case 2:
      std::fill_n(reinterpret_cast<std::uint16_t*>(to), count, static_cast<std::uint16_t>(bits));
      return;
    default:
      std::fill_n(reinterpret_cast<std::uint32_t*>(to), count, bits);
  }
}

}  // namespace

void Memset::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write}, dst);
  v.number({.name = "value"}, value);
}

EngineSet Memset::engines(const Machine&) const {
  const EngineSet vector = EngineSet::of(Engine::vector);
  return in_psum(dst) ? vector : vector | Engine::gpsimd;
}

void Memset::check(const CheckContext&) const {
  if (is_packed(dst.dtype) && value != 0.0) {
    refuse("value", "must be 0 for a packed dtype", "view dst as an integer dtype");
  }
}

void Memset::execute(CoreState& core, Engine) const {
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to);
  auto* raw = reinterpret_cast<std::byte*>(core.scratch(0, groups.floats()));
  fill(dst.dtype, stored(dst.dtype, value), groups.floats(), raw);
  groups.each(
      [&](std::int32_t first, std::int32_t n, std::size_t) { store_rows_raw(to, first, n, raw); });
}

Cost Memset::cost(const Machine& machine, Engine engine) const {
  EngineWork work;
  work.cycles = static_cast<double>(dst.elements_per_partition()) * stride_cycles(machine, {&dst});
  if (engine == Engine::vector) {
    work.cycles *= dst.dtype == DType::bfloat16 && value == 0.0
                       ? machine.vector.memset_fast_cycles_per_element
                       : machine.vector.memset_cycles_per_element;
  }
  work.lane_ops = dst.elements();
  return engine_cost(machine, engine, work);
}

}  // namespace trainyard
