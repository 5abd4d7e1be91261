// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/activation.h"

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/lane_reduction.h"
#include "isa/instructions/operand_rules.h"

namespace trainyard {

void need_table(Function function, Cost& cost) {
  // Assumed, AWS publishes no table sets: one table a function; what an ALU can do needs none.
  switch (function) {
    case Function::copy:
    case Function::square:
    case Function::relu:
    case Function::prelu:
    case Function::sign:
    case Function::abs:
    case Function::negative:
      return;
    default:
      cost.table_function = true;
      cost.table = static_cast<std::uint8_t>(function);
  }
}

void Activation::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes, .columns = true}, dst);
  v.choice({.name = "op"}, op);
  v.tile({.name = "data", .dtypes = kValueDTypes, .columns = true}, data);
  v.scalar({.name = "bias", .need = Need::optional}, bias);
  v.scalar({.name = "scale", .need = Need::optional}, scale);
  v.choice({.name = "reduce_op", .need = Need::optional}, reduce_op);
  v.tile(
      {.name = "reduce_res", .touch = Touch::write, .dtypes = kValueDTypes, .need = Need::optional},
      reduce_res);
  v.choice({.name = "reduce_cmd", .need = Need::optional}, reduce_cmd);
}

void Activation::check(const CheckContext& context) const {
  require_same_size("data", data, "dst", dst);
  require_lane_operand("scale", scale, "data", data);
  require_lane_operand("bias", bias, "data", data,
                       DTypeSet{kValueDTypes.bits & ~dtypes(DType::tfloat32).bits});
  if (context.machine().generation == Generation::gen2) {
    if (bias.kind == ScalarOperand::Kind::number && bias.number != 0.0) {
      refuse("bias", "must be a (P, 1) tile on NeuronCore-v2", "memset a tile with the number");
    }
    if (op == Function::reciprocal && bias.present()) {
      refuse("bias", "is not supported with reciprocal on NeuronCore-v2", "add it before");
    }
  }
  require_op("reduce_op", reduce_op, {AluOp::add, AluOp::bypass});
  check_reduce_result(reduce_res, data);
  if (reduce_cmd == ReduceCmd::load_reduce) {
    refuse("reduce_cmd", "load_reduce is of the Vector Engine", "use reset_reduce or reduce");
  }
  if (dst.columns) refuse_psum("dst", dst, "the Scalar Engine does not scatter there");
  check_scatter(context, dst, "data", data);
}

void Activation::execute(CoreState& core, Engine engine) const {
  const LaneValues scales(core, scale, 1.0F);
  const LaneValues biases(core, bias);
  const Rows from = core.access(data, Touch::read);
  LaneReduction reduction(core, engine, AluOp::add, reduce_cmd, reduce_res, from.partitions);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  float* x = core.scratch(0, groups.floats());
  const bool scaled = !scales.always(1.0F);
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    load_rows(from, first, n, x);
    if (scaled) lane_alu(core, 1, AluOp::multiply, scales, false, first, n, count, x);
    if (bias.present()) lane_alu(core, 1, AluOp::add, biases, false, first, n, count, x);
    if (op != Function::copy) apply_row(op, x, count, x);
    reduction.take(x, first, n, count);
    core.store_rows(to, first, n, x);
  });
  reduction.finish();
}

Cost Activation::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles =
      static_cast<double>(dst.elements_per_partition()) * stride_cycles(machine, {&dst, &data});
  work.lane_ops = dst.elements();
  if (reduces(reduce_cmd, reduce_res)) {
    work.extra_latency_ns = machine.scalar.accumulate_latency_ns;
  }
  Cost cost = scalar_cost(machine, work);
  need_table(op, cost);
  return cost;
}

void ActivationReduce::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes, .columns = true}, dst);
  v.choice({.name = "op"}, op);
  v.tile({.name = "data", .dtypes = kValueDTypes, .columns = true}, data);
  v.choice({.name = "reduce_op"}, reduce_op);
  v.tile(
      {.name = "reduce_res", .touch = Touch::write, .dtypes = kValueDTypes, .need = Need::or_none},
      reduce_res);
  v.scalar({.name = "bias", .need = Need::optional}, bias);
  v.scalar({.name = "scale", .need = Need::optional}, scale);
}

Activation ActivationReduce::as_activation() const {
  return {dst, op, data, bias, scale, reduce_op, reduce_res, ReduceCmd::reset_reduce};
}

void ActivationReduce::check(const CheckContext& context) const {
  as_activation().check(context);
}

void ActivationReduce::execute(CoreState& core, Engine engine) const {
  as_activation().execute(core, engine);
}

Cost ActivationReduce::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles =
      static_cast<double>(dst.elements_per_partition()) * stride_cycles(machine, {&dst, &data});
  work.extra_cycles = machine.scalar.accumulate_cycles;
  work.lane_ops = dst.elements();
  Cost cost = scalar_cost(machine, work);
  need_table(op, cost);
  return cost;
}

}  // namespace trainyard
