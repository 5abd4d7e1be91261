// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct TensorPartitionReduce {
  static constexpr InstructionInfo kInfo = {
      "tensor_partition_reduce",
      "Reduces over partitions in ascending order, in float32 or on the bits; average divides the "
      "sum by their number.",
      "dst[0, i] = op(... op(data[0, i], data[1, i]) ..., data[P - 1, i])",
      Generation::gen2,
      "150 + P N / elements per cycle",
      "nki.isa.tensor_partition_reduce (0.6); cost assumed"};

  View dst{};
  AluOp op = AluOp::add;
  View data{};

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::gpsimd); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
