// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct TensorCopy {
  static constexpr InstructionInfo kInfo = {
      "tensor_copy",
      "Copies a tile on chip: bit for bit between equal dtypes, integers by value, else through "
      "float32.",
      "dst[p, i] = src[p, i]",
      Generation::gen2,
      "max(MIN_II, N), 2 or 4 times faster between contiguous tiles in SBUF",
      "nki.isa.tensor_copy (0.6); cost: SDK 2.26 docstring"};

  View dst, src;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine& machine) const;
  EngineSet automatic_engines(const Machine& machine) const;
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
