// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct TensorReduce {
  static constexpr InstructionInfo kInfo = {
      "tensor_reduce",
      "Reduces the last free dimensions of a tile in float32, or on the bits.",
      "dst[p, i] = op over j of data[p, i, j], times -1 if negate",
      Generation::gen2,
      "max(MIN_II, N); N / 2 for add and maximum from bfloat16 to bfloat16",
      "nki.isa.tensor_reduce (0.6); cost: SDK 2.26 docstring"};

  View dst;
  AluOp op = AluOp::add;
  View data;
  IntList axis;
  bool negate = false;
  bool keepdims = false;  // of the shape alone: dst is given

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;

 private:
  std::int64_t reduced_elements() const;  // that each element of dst is made of
};

}  // namespace trainyard
