// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct NcMatmulMx {
  static constexpr InstructionInfo kInfo = {
      "nc_matmul_mx",
      "Matrix product of MXFP8 or MXFP4 operands. A word is four contraction values; they are "
      "scaled in float32, then multiplied and summed like nc_matmul's, partitions and the values "
      "of a word ascending.",
      "dst[m, n] (+)= sum_k,v (S[k, m].v 2^s) * (M[k, n].v 2^t)",
      Generation::gen4,
      "max(min(64, M), N), N words of moving",
      "nki.isa.nc_matmul_mx (0.6); mxfp-matmul.rst; machine.md 4"};

  View dst{};
  View stationary{};
  View moving{};
  View stationary_scale{};
  View moving_scale{};
  IntList tile_position{};
  IntList tile_size{};
  Accumulate accumulate = Accumulate::automatic;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::tensor); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
