// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/activate2.h"

#include <fmt/format.h>

#include "isa/engine_cost.h"
#include "isa/instructions/activation.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/lane_reduction.h"
#include "isa/instructions/operand_rules.h"

namespace trainyard {
namespace {

bool legal_pair(AluOp op0, AluOp op1) {
  switch (op0) {
    case AluOp::multiply:
      return op1 == AluOp::add || op1 == AluOp::subtract || op1 == AluOp::bypass;
    case AluOp::add:
    case AluOp::subtract:
    case AluOp::bypass:
      return op1 == AluOp::bypass;
    default:
      return false;
  }
}

}  // namespace

void Activate2::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes, .columns = true}, dst);
  v.choice({.name = "op"}, op);
  v.tile({.name = "data", .dtypes = kValueDTypes, .columns = true}, data);
  v.scalar({.name = "imm0", .need = Need::or_none}, imm0);
  v.scalar({.name = "imm1", .need = Need::or_none}, imm1);
  v.choice({.name = "op0", .need = Need::or_none}, op0);
  v.choice({.name = "op1", .need = Need::or_none}, op1);
  v.scalar({.name = "relu_param", .need = Need::optional}, relu_param);
  v.flag({.name = "reverse0", .need = Need::optional}, reverse0);
  v.flag({.name = "reverse1", .need = Need::optional}, reverse1);
  v.choice({.name = "reduce_op", .need = Need::optional}, reduce_op);
  v.tile(
      {.name = "reduce_res", .touch = Touch::write, .dtypes = kValueDTypes, .need = Need::optional},
      reduce_res);
  v.choice({.name = "reduce_cmd", .need = Need::optional}, reduce_cmd);
}

void Activate2::check(const CheckContext& context) const {
  require_same_size("data", data, "dst", dst);
  if (!legal_pair(op0, op1)) {
    refuse("op0",
           fmt::format("({}, {}) is no pair of operators of the Scalar Engine", alu_op_name(op0),
                       alu_op_name(op1)),
           "use multiply with add, subtract or bypass, or add, subtract, bypass with bypass");
  }
  const DTypeSet any{kValueDTypes.bits};
  require_lane_operand("imm0", imm0, "data", data, any);
  require_lane_operand("imm1", imm1, "data", data, any);
  require_lane_operand("relu_param", relu_param, "data", data, any);
  if (imm0.kind == ScalarOperand::Kind::tile && imm1.kind == ScalarOperand::Kind::tile) {
    require_same_dtype("imm1", imm1.tile, "imm0", imm0.tile);
  }
  for (const auto& [flag, name, op_name, o] : {std::tuple{reverse0, "reverse0", "op0", op0},
                                               std::tuple{reverse1, "reverse1", "op1", op1}}) {
    if (flag && o == AluOp::bypass) {
      refuse(name, fmt::format("needs an operator {}", op_name), "leave it out");
    }
  }
  require_op(
      "reduce_op", reduce_op,
      {AluOp::bypass, AluOp::add, AluOp::maximum, AluOp::minimum, AluOp::abs_max, AluOp::abs_min});
  if (reduce_cmd == ReduceCmd::load_reduce) {
    refuse("reduce_cmd", "load_reduce is of the Vector Engine", "use reset_reduce or reduce");
  }
  check_reduce_result(reduce_res, data);
  if (dst.columns) refuse_psum("dst", dst, "the Scalar Engine does not scatter there");
  check_scatter(context, dst, "data", data);
}

void Activate2::execute(CoreState& core, Engine engine) const {
  const LaneValues value0(core, imm0);
  const LaneValues value1(core, imm1);
  const LaneValues slopes(core, relu_param);
  const Rows from = core.access(data, Touch::read);
  const AluOp reducing = reduce_op == AluOp::bypass ? AluOp::add : reduce_op;
  LaneReduction reduction(core, engine, reducing, reduce_cmd, reduce_res, from.partitions);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  float* x = core.scratch(0, groups.floats());
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    load_rows(from, first, n, x);
    lane_alu(core, 1, op0, value0, reverse0, first, n, count, x);
    lane_alu(core, 1, op1, value1, reverse1, first, n, count, x);
    if (slopes.uniform()) {
      apply_row(op, x, count, x, slopes[0]);
    } else {
      const std::size_t elements = count / static_cast<std::size_t>(n);
      for (std::int32_t p = 0; p < n; ++p) {
        float* row = x + static_cast<std::size_t>(p) * elements;
        apply_row(op, row, elements, row, slopes[first + p]);
      }
    }
    reduction.take(x, first, n, count);
    core.store_rows(to, first, n, x);
  });
  reduction.finish();
}

Cost Activate2::cost(const Machine& machine, Engine) const {
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

}  // namespace trainyard
