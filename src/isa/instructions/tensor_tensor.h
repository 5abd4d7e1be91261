// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct TensorTensor {
  static constexpr InstructionInfo kInfo = {
      "tensor_tensor",
      "Combines two tiles element by element in float32; bitwise operators act on raw bits, and "
      "GpSimd computes 32-bit integers exactly.",
      "dst[p, i] = op(data1[p, i], data2[p, i])",
      Generation::gen2,
      "2 N; N with an operand in PSUM or for add, subtract, multiply on contiguous bfloat16",
      "nki.isa.tensor_tensor (0.6); cost: SDK 2.26 docstring"};

  View dst, data1, data2;
  AluOp op = AluOp::add;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine& machine) const;
  EngineSet automatic_engines(const Machine& machine) const;
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;

 private:
  bool all_words() const;  // every operand is int32 or uint32
};

}  // namespace trainyard
