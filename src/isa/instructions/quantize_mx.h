// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct QuantizeMx {
  static constexpr InstructionInfo kInfo = {
      "quantize_mx",
      "Quantises groups of 8 partitions x 4 values to MXFP8 words and one scale per group. Scale "
      "rows are the first four of each quadrant; the others are zeroed if the scale tile spans "
      "whole quadrants.",
      "X = 2^(floor(log2(max |v|)) - (Emax - 1)), dst = cast(v / X), dst_scale = log2(X) + 127",
      Generation::gen4,
      "max(MIN_II, N / 4)",
      "nki.isa.quantize_mx (0.6); nki-surface.md 1 and 4.5; trainium3_arch.rst",
      "NKI_MX_SCALE=ocp gives the block scale of the releases before 0.5"};

  View dst{};
  View src{};
  View dst_scale{};

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
