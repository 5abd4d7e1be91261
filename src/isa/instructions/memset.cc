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

}  // namespace

void Memset::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write}, dst);
  v.number({.name = "value"}, value);
}

EngineSet Memset::engines(const Machine&) const {
  const EngineSet vector = EngineSet::of(Engine::vector);
  return in_psum(dst) ? vector : vector | Engine::gpsimd;
}

void Memset::check(const CheckContext& context) const {
  if (is_packed(dst.dtype) && value != 0.0) {
    refuse("value", "must be 0 for a packed dtype", "view dst as an integer dtype");
  }
  refuse_columns(context, "dst", dst);
}

void Memset::execute(CoreState& core, Engine) const {
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to);
  auto* bits = reinterpret_cast<std::uint32_t*>(core.scratch(0, groups.floats()));
  std::fill_n(bits, groups.floats(), stored(dst.dtype, value));
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t) {
    store_rows_bits(to, first, n, bits);
  });
}

Cost Memset::cost(const Machine& machine, Engine engine) const {
  EngineWork work;
  work.cycles =
      static_cast<double>(dst.elements_per_partition()) * stride_cycles(machine, {&dst});
  if (engine == Engine::vector) {
    work.cycles *= dst.dtype == DType::bfloat16 && value == 0.0
                       ? machine.vector.memset_fast_cycles_per_element
                       : machine.vector.memset_cycles_per_element;
  }
  work.lane_ops = dst.elements();
  return engine_cost(machine, engine, work);
}

}  // namespace trainyard
