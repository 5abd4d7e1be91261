// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/tensor_tensor_scan.h"

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/operand_rules.h"

namespace trainyard {

void TensorTensorScan::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes}, dst);
  v.tile({.name = "data0", .dtypes = kValueDTypes}, data0);
  v.tile({.name = "data1", .dtypes = kValueDTypes}, data1);
  v.scalar({.name = "initial"}, initial);
  v.choice({.name = "op0"}, op0);
  v.choice({.name = "op1"}, op1);
  v.flag({.name = "reverse0", .need = Need::optional}, reverse0);
  v.flag({.name = "reverse1", .need = Need::optional}, reverse1);
}

void TensorTensorScan::check(const CheckContext&) const {
  require_same_size("data0", data0, "dst", dst);
  require_same_size("data1", data1, "dst", dst);
  refuse_both_in_psum("data0", data0, "data1", data1);
  for (const auto& [name, op] : {std::pair{"op0", op0}, std::pair{"op1", op1}}) {
    require_arithmetic(name, op);
    require_binary(name, op);
  }
  // The stub asks for float32 only of a number; a tile may be of any dtype.
  require_lane_operand("initial", initial, "data0", data0, kValueDTypes);
}

void TensorTensorScan::execute(CoreState& core, Engine) const {
  const LaneValues start(core, initial);
  const Rows a = core.access(data0, Touch::read);
  const Rows b = core.access(data1, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&a, &b});
  float* x = core.scratch(0, groups.floats());
  float* y = core.scratch(1, groups.floats());
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    load_rows(a, first, n, x);
    load_rows(b, first, n, y);
    const std::size_t elements = count / static_cast<std::size_t>(n);
    for (std::int32_t p = 0; p < n; ++p) {
      float* row = x + static_cast<std::size_t>(p) * elements;
      const float* other = y + static_cast<std::size_t>(p) * elements;
      alu_scan_row(op0, op1, row, other, start[first + p], elements, row, reverse0, reverse1);
    }
    core.store_rows(to, first, n, x);
  });
}

Cost TensorTensorScan::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles = static_cast<double>(dst.elements_per_partition()) *
                machine.vector.scan_cycles_per_element *
                stride_cycles(machine, {&dst, &data0, &data1});
  work.extra_latency_ns = operand_latency_ns(machine, {&initial});
  work.lane_ops = dst.elements();
  return vector_cost(machine, work);
}

}  // namespace trainyard
