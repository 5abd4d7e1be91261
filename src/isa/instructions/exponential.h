// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct Exponential {
  static constexpr InstructionInfo kInfo = {
      "exponential",
      "Exponential of the data less a maximum, on VectorE, with an optional running sum.",
      "dst[p, i] = exp(src[p, i] - max_value[p]); reduce_res[p] = sum over i of dst[p, i]",
      Generation::gen4,
      "max(MIN_II, N / 4)",
      "nki.isa.exponential (0.6); cost: NeuronCore-v4 guide, 4 times the rate of activation"};

  View dst, src;
  ScalarOperand max_value = ScalarOperand::of(0.0);
  View reduce_res{};
  ReduceCmd reduce_cmd = ReduceCmd::idle;
  ScalarOperand reduce_init = ScalarOperand::of(0.0);

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
