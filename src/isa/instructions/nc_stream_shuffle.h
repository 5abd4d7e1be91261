// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct NcStreamShuffle {
  static constexpr InstructionInfo kInfo = {
      "nc_stream_shuffle",
      "Moves rows between partitions of each quadrant of 32; mask entry 255 leaves the row as it "
      "is. The source is read before anything is written.",
      "dst[32 q + i] = src[32 q + shuffle_mask[i]]",
      Generation::gen2,
      "max(MIN_II, N)",
      "nki.isa.nc_stream_shuffle (0.6); nki-surface.md 4.5"};

  View dst{};
  View src{};
  IntList shuffle_mask{};

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;

 private:
  void check_starts(const CheckContext& context) const;
  bool leaves_rows() const;
  // The source with the partitions that the mask reaches, which may lie beyond the tile given.
  View reached_source() const;
};

}  // namespace trainyard
