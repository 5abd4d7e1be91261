// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct ScalarTensorTensor {
  static constexpr InstructionInfo kInfo = {
      "scalar_tensor_tensor",
      "Combines a tile with a number or per-partition values, then with a second tile, in float32.",
      "dst[p, i] = op1(op0(data[p, i], operand0[p]), operand1[p, i])",
      Generation::gen2,
      "2 N; N for subtract then multiply on contiguous bfloat16 of even size",
      "nki.isa.scalar_tensor_tensor (0.6); cost: SDK 2.26 docstring"};

  View dst, data;
  AluOp op0 = AluOp::add;
  ScalarOperand operand0{};
  AluOp op1 = AluOp::add;
  View operand1;
  bool reverse0 = false, reverse1 = false;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
