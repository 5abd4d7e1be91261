// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct Memset {
  static constexpr InstructionInfo kInfo = {
      "memset",
      "Fills a tile with a number.",
      "dst[p, i] = value",
      Generation::gen2,
      "max(MIN_II, N); N / 2 for a bfloat16 zero",
      "nki.isa.memset (0.6); cost: SDK 2.26 docstring",
      "a number that is no integer is rounded for an integer dtype"};

  View dst;
  double value = 0.0;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine& machine) const;
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
