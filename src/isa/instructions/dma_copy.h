// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/instructions/dma_work.h"
#include "isa/table.h"

namespace trainyard {

struct DmaCopy {
  static constexpr InstructionInfo kInfo = {
      "dma_copy",
      "Copies elements in row-major order between HBM and SBUF, in any shapes of equal size; "
      "differing dtypes go through float32, vector offsets gather or scatter rows.",
      "dst.flat[i] = cast(src.flat[i])",
      Generation::gen2,
      "runs contiguous on both sides, 16 engines, packet latency + bytes / bandwidth each; "
      "element by element where one side is strided",
      "nki.isa.dma_copy (0.6); nki-dge.rst; machine.md 5"};

  View dst{};
  View src{};
  std::int64_t priority = kNoPriority;
  OobMode oob_mode = OobMode::error;
  DgeMode dge_mode = DgeMode::unknown;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::dma); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
