// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/instructions/dma_work.h"
#include "isa/table.h"

namespace trainyard {

struct DmaTranspose {
  static constexpr InstructionInfo kInfo = {
      "dma_transpose",
      "Permutes the axes of a 2-D, 3-D or 4-D tile on its way to SBUF, bit by bit; a vector offset "
      "gathers the rows first.",
      "dst = transpose(src, axes), axes (1,0), (2,1,0) or (3,1,2,0)",
      Generation::gen2,
      "90 % of the copy rate from HBM, 50 % from SBUF; element by element where DMA engines cannot "
      "transpose",
      "nki.isa.dma_transpose (0.6); trainium2_arch.rst; machine.md 5",
      "dge_mode=none is taken, as published kernels pass it"};

  View dst{};
  View src{};
  IntList axes{};
  std::int64_t priority = kNoPriority;
  DgeMode dge_mode = DgeMode::unknown;
  OobMode oob_mode = OobMode::error;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::dma); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;

 private:
  void check_native(const CheckContext& context) const;
  void check_gather(const CheckContext& context) const;
  void check_hardware_tile() const;
};

}  // namespace trainyard
