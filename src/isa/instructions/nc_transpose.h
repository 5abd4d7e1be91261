// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct NcTranspose {
  static constexpr InstructionInfo kInfo = {
      "nc_transpose",
      "Swaps partition and free axis, bit by bit: up to 128 x 128 from SBUF to PSUM on the Tensor "
      "Engine, up to 32 x 32 anywhere on chip on the Vector Engine.",
      "dst[j, i] = data[i, j]",
      Generation::gen2,
      "Tensor: max(P, min(64, F)), twice that for fp32; Vector: max(MIN_II, N)",
      "nki.isa.nc_transpose (0.6, cost 2.26)",
      "dst may be of another float dtype than data, as in published kernels"};

  View dst{};
  View data{};

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine& machine) const;
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
