// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/scalar_tensor_tensor.h"

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/operand_rules.h"

namespace trainyard {

void ScalarTensorTensor::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes}, dst);
  v.tile({.name = "data", .dtypes = kValueDTypes}, data);
  v.choice({.name = "op0"}, op0);
  v.scalar({.name = "operand0", .need = Need::or_none}, operand0);
  v.choice({.name = "op1"}, op1);
  v.tile({.name = "operand1", .dtypes = kValueDTypes}, operand1);
  v.flag({.name = "reverse0", .need = Need::optional}, reverse0);
  v.flag({.name = "reverse1", .need = Need::optional}, reverse1);
}

void ScalarTensorTensor::check(const CheckContext&) const {
  require_same_size("data", data, "dst", dst);
  require_same_size("operand1", operand1, "dst", dst);
  require_arithmetic("op0", op0);
  require_arithmetic("op1", op1);
  require_binary("op1", op1);
  if (!operand0.present() && !is_unary(op0) && op0 != AluOp::bypass) {
    refuse("operand0", "is needed by op0", "give a number or a (P, 1) tile");
  }
  require_lane_operand("operand0", operand0, "data", data, kValueDTypes);
  refuse_both_in_psum("data", data, "operand1", operand1);
}

void ScalarTensorTensor::execute(CoreState& core, Engine) const {
  const LaneValues value0(core, operand0);
  const Rows a = core.access(data, Touch::read);
  const Rows b = core.access(operand1, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&a, &b});
  float* x = core.scratch(0, groups.floats());
  float* y = core.scratch(1, groups.floats());
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    load_rows(a, first, n, x);
    load_rows(b, first, n, y);
    lane_alu(core, 2, op0, value0, reverse0, first, n, count, x);
    alu_row(op1, reverse1 ? y : x, reverse1 ? x : y, count, x);
    core.store_rows(to, first, n, x);
  });
}

Cost ScalarTensorTensor::cost(const Machine& machine, Engine) const {
  const auto narrow = [](const View& v) { return v.dtype == DType::bfloat16 && contiguous(v); };
  const std::int64_t elements = dst.elements_per_partition();
  const bool fast = narrow(dst) && narrow(data) && narrow(operand1) && elements % 2 == 0 &&
                    op0 == AluOp::subtract && op1 == AluOp::multiply;
  EngineWork work;
  work.cycles = static_cast<double>(elements) *
                (fast ? machine.vector.tensor_tensor_fast_cycles_per_element
                      : machine.vector.tensor_tensor_cycles_per_element) *
                stride_cycles(machine, {&dst, &data, &operand1});
  work.lane_ops = dst.elements();
  work.extra_latency_ns = operand_latency_ns(machine, {&operand0});
  return vector_cost(machine, work);
}

}  // namespace trainyard
