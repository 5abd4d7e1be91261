// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

// op1 == bypass: no second operator.
struct TensorScalar {
  static constexpr InstructionInfo kInfo = {
      "tensor_scalar",
      "Applies up to two operators with numbers or per-partition values, in float32, or bitwise "
      "operators on raw bits.",
      "dst[p, i] = op1(op0(data[p, i], operand0[p]), operand1[p])",
      Generation::gen2,
      "max(MIN_II, N), 2 or 4 times faster between contiguous tiles in SBUF",
      "nki.isa.tensor_scalar (0.6); cost: SDK 2.26 docstring",
      "power runs on GpSimd too"};

  View dst, data;
  AluOp op0 = AluOp::add;
  ScalarOperand operand0{};
  bool reverse0 = false;
  AluOp op1 = AluOp::bypass;
  ScalarOperand operand1{};
  bool reverse1 = false;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine& machine) const;
  EngineSet automatic_engines(const Machine& machine) const;
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;

 private:
  bool bitwise() const;
  void execute_bits(CoreState& core) const;
};

}  // namespace trainyard
