// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct Reciprocal {
  static constexpr InstructionInfo kInfo = {"reciprocal",
                                            "The reciprocal of every element, in float32.",
                                            "dst[p, i] = 1 / data[p, i]",
                                            Generation::gen2,
                                            "max(MIN_II, 5 N)",
                                            "nki.isa.reciprocal (0.6); cost: SDK 2.26 docstring"};

  View dst, data;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
