// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct TensorTensorScan {
  static constexpr InstructionInfo kInfo = {
      "tensor_tensor_scan",
      "Scans two tiles along the free dimensions in float32, each result feeding the next.",
      "dst[p, i] = op1(op0(data0[p, i], dst[p, i - 1]), data1[p, i]), dst[p, -1] = initial[p]",
      Generation::gen2,
      "2 N",
      "nki.isa.tensor_tensor_scan (0.6); cost: SDK 2.26 docstring"};

  View dst, data0, data1;
  ScalarOperand initial{};
  AluOp op0 = AluOp::multiply;
  AluOp op1 = AluOp::add;
  bool reverse0 = false, reverse1 = false;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
