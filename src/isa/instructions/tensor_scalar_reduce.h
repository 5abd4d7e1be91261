// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct TensorScalarReduce {
  static constexpr InstructionInfo kInfo = {
      "tensor_scalar_reduce",
      "Combines a tile with a number or per-partition values and reduces the results into the "
      "registers of VectorE.",
      "dst[p, i] = op0(data[p, i], operand0[p]); reduce_res[p] = reduce_op over i of dst[p, i]",
      Generation::gen2,
      "max(MIN_II, N) + MIN_II",
      "nki.isa.tensor_scalar_reduce (0.6); cost: SDK 2.26 docstring"};

  View dst, data;
  AluOp op0 = AluOp::add;
  ScalarOperand operand0{};
  AluOp reduce_op = AluOp::add;
  View reduce_res{};
  bool reverse0 = false;
  ReduceCmd reduce_cmd = ReduceCmd::reset_reduce;
  ScalarOperand reduce_init{};
  bool reduce_res_negate = false;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct TensorScalarCumulative {
  static constexpr InstructionInfo kInfo = {
      "tensor_scalar_cumulative",
      "Combines a tile with a number or per-partition values and writes the running reduction.",
      "reg[p] = op1(op0(src[p, i], imm0[p]), reg[p]); dst[p, i] = reg[p]",
      Generation::gen2,
      "2 N",
      "nki.isa.tensor_scalar_cumulative (0.6); cost: as tensor_tensor_scan, assumed"};

  View dst, src;
  AluOp op0 = AluOp::add;
  AluOp op1 = AluOp::add;
  ScalarOperand imm0{}, imm1{};
  ReduceCmd reduce_cmd = ReduceCmd::reset_reduce;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
