// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

// reduce_op == bypass: none given, add is meant.
struct Activate2 {
  static constexpr InstructionInfo kInfo = {
      "activate2",
      "Applies up to two operators, then a function of the Scalar Engine, and may reduce the "
      "results.",
      "dst[p, i] = op(op1(op0(data[p, i], imm0[p]), imm1[p]))",
      Generation::gen4,
      "max(MIN_II, N)",
      "nki.isa.activate2 (0.6); cost: as activation, assumed",
      "outside the valid ranges of the reference only sin extrapolates as the engine does"};

  View dst;
  Function op = Function::copy;
  View data;
  ScalarOperand imm0{}, imm1{};
  AluOp op0 = AluOp::bypass;
  AluOp op1 = AluOp::bypass;
  ScalarOperand relu_param = ScalarOperand::of(0.0);
  bool reverse0 = false, reverse1 = false;
  AluOp reduce_op = AluOp::bypass;
  View reduce_res{};
  ReduceCmd reduce_cmd = ReduceCmd::idle;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::scalar); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
