// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/tensor_scalar_reduce.h"

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/lane_reduction.h"
#include "isa/instructions/operand_rules.h"

namespace trainyard {
namespace {

void check_reduce_cmd(ReduceCmd cmd, std::string_view init_name, const ScalarOperand& init) {
  if (cmd == ReduceCmd::idle || cmd == ReduceCmd::reset) {
    refuse("reduce_cmd", "must be reset_reduce, reduce or load_reduce", "leave it out");
  }
  if (cmd == ReduceCmd::load_reduce && !init.present()) {
    refuse(init_name, "is needed by load_reduce", "give a number or a (P, 1) tile");
  }
}

}  // namespace

void TensorScalarReduce::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes, .columns = true}, dst);
  v.tile({.name = "data", .dtypes = kValueDTypes, .columns = true}, data);
  v.choice({.name = "op0"}, op0);
  v.scalar({.name = "operand0", .need = Need::or_none}, operand0);
  v.choice({.name = "reduce_op"}, reduce_op);
  v.tile(
      {.name = "reduce_res", .touch = Touch::write, .dtypes = kValueDTypes, .need = Need::optional},
      reduce_res);
  v.flag({.name = "reverse0", .need = Need::optional}, reverse0);
  v.choice({.name = "reduce_cmd", .need = Need::optional}, reduce_cmd);
  v.scalar({.name = "reduce_init", .need = Need::optional}, reduce_init);
  v.flag({.name = "reduce_res_negate", .need = Need::optional}, reduce_res_negate);
}

void TensorScalarReduce::check(const CheckContext& context) const {
  require_same_size("data", data, "dst", dst);
  require_arithmetic("op0", op0);
  if (!operand0.present() && !is_unary(op0) && op0 != AluOp::bypass) {
    refuse("operand0", "is needed by op0", "give a number or a (P, 1) tile");
  }
  require_lane_operand("operand0", operand0, "data", data);
  require_op("reduce_op", reduce_op, {AluOp::add, AluOp::multiply, AluOp::maximum, AluOp::minimum});
  check_reduce_result(reduce_res, data);
  check_reduce_cmd(reduce_cmd, "reduce_init", reduce_init);
  if (reduce_cmd != ReduceCmd::load_reduce && reduce_init.present()) {
    refuse("reduce_init", "is for reduce_cmd=load_reduce", "leave it out");
  }
  require_lane_operand("reduce_init", reduce_init, "data", data);
  require_zero_if_unary("operand0", operand0, op0);
  if (reverse0) {
    refuse("reverse0", "is documented as not supported yet", "use tensor_scalar, then a reduction");
  }
  check_scatter(context, dst, "data", data);
}

void TensorScalarReduce::execute(CoreState& core, Engine engine) const {
  const LaneValues value0(core, operand0);
  const Rows from = core.access(data, Touch::read);
  LaneReduction reduction(core, engine, reduce_op, reduce_cmd, reduce_res, from.partitions,
                          reduce_init);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  float* x = core.scratch(0, groups.floats());
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    load_rows(from, first, n, x);
    lane_alu(core, 1, op0, value0, reverse0, first, n, count, x);
    reduction.take(x, first, n, count);
    core.store_rows(to, first, n, x);
  });
  reduction.finish(reduce_res_negate);
}

Cost TensorScalarReduce::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles =
      static_cast<double>(dst.elements_per_partition()) * stride_cycles(machine, {&dst, &data});
  work.extra_cycles = machine.vector.accumulate_cycles;
  work.extra_latency_ns = operand_latency_ns(machine, {&operand0});
  work.lane_ops = dst.elements();
  return vector_cost(machine, work);
}

void TensorScalarCumulative::visit(ParamVisitor& v) {
  constexpr DTypeSet kNarrow{kValueDTypes.bits & ~kWords.bits};
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kNarrow, .columns = true}, dst);
  v.tile({.name = "src", .dtypes = kNarrow, .columns = true}, src);
  v.choice({.name = "op0"}, op0);
  v.choice({.name = "op1"}, op1);
  v.scalar({.name = "imm0"}, imm0);
  v.scalar({.name = "imm1", .need = Need::optional}, imm1);
  v.choice({.name = "reduce_cmd", .need = Need::optional}, reduce_cmd);
}

void TensorScalarCumulative::check(const CheckContext& context) const {
  require_same_size("src", src, "dst", dst);
  require_arithmetic("op0", op0);
  require_op("op1", op1,
             {AluOp::add, AluOp::subtract, AluOp::multiply, AluOp::maximum, AluOp::minimum});
  require_lane_operand("imm0", imm0, "src", src);
  require_lane_operand("imm1", imm1, "src", src);
  check_reduce_cmd(reduce_cmd, "imm1", imm1);
  check_scatter(context, dst, "src", src);
}

void TensorScalarCumulative::execute(CoreState& core, Engine engine) const {
  const LaneValues value0(core, imm0);
  const Rows from = core.access(src, Touch::read);
  const View no_result;
  LaneReduction reduction(core, engine, op1, reduce_cmd, no_result, from.partitions, imm1);
  float* registers = reduction.registers();
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  float* x = core.scratch(0, groups.floats());
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    load_rows(from, first, n, x);
    lane_alu(core, 1, op0, value0, false, first, n, count, x);
    const std::size_t elements = count / static_cast<std::size_t>(n);
    float* row = x;
    for (std::int32_t p = first; p < first + n; ++p, row += elements) {
      alu_scan_row(op1, AluOp::bypass, row, row, registers[p], elements, row);
      registers[p] = row[elements - 1];
    }
    core.store_rows(to, first, n, x);
  });
}

Cost TensorScalarCumulative::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles = static_cast<double>(dst.elements_per_partition()) *
                machine.vector.scan_cycles_per_element * stride_cycles(machine, {&dst, &src});
  work.extra_latency_ns = operand_latency_ns(machine, {&imm0});
  work.lane_ops = dst.elements();
  return vector_cost(machine, work);
}

}  // namespace trainyard
