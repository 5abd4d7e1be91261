// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/instructions/dma_work.h"
#include "isa/table.h"

namespace trainyard {

struct DmaCompute {
  static constexpr InstructionInfo kInfo = {
      "dma_compute",
      "Adds up to 16 tiles in float32 inside the DMA engines, in the order given; with a vector "
      "offset on dst and on a source it adds into the chosen rows, one row after the other.",
      "dst = cast(srcs[0] * scales[0] + srcs[1] * scales[1] + ...)",
      Generation::gen2,
      "as dma_copy of all the sources",
      "nki.isa.dma_compute (0.6); nki-surface.md 4.5",
      "scales other than 1.0, and unique_indices=False, work as in the releases before 0.6"};

  View dst{};
  ViewList srcs{};
  AluOp reduce_op = AluOp::add;
  NumberList scales{};
  bool unique_indices = true;
  OobMode oob_mode = OobMode::error;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::dma); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
