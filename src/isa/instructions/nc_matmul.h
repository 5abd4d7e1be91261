// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct NcMatmul {
  static constexpr InstructionInfo kInfo = {
      "nc_matmul",
      "Matrix product on the Tensor Engine into PSUM. Products are summed in float32 with one "
      "rounding each, partitions ascending, then added to PSUM; with double_row the two rows of a "
      "partition follow one another. Transpose mode moves bits.",
      "dst[m, n] (+)= sum_k stationary[k, m] * moving[k, n]",
      Generation::gen2,
      "max(min(64, M), N) per row pass; fp32 4 passes, 2 with a 0/1 operand or in transpose mode",
      "nki.isa.nc_matmul (0.6, cost 2.26); nki-surface.md 4.4; machine.md 4",
      "accumulate=None and True add to what other engines wrote, on every generation, as "
      "published kernels expect; float8_e3m4 and column tiling are taken"};

  View dst{};
  View stationary{};
  View moving{};
  bool is_stationary_onezero = false;
  bool is_moving_onezero = false;
  bool is_transpose = false;
  Accumulate accumulate = Accumulate::automatic;
  IntList tile_position{};
  IntList tile_size{};
  MatmulPerfMode perf_mode = MatmulPerfMode::none;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::tensor); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;

 private:
  bool double_row() const { return perf_mode == MatmulPerfMode::double_row; }
  // Columns of each operand: half of the elements in double_row mode.
  std::int64_t m() const { return stationary.elements_per_partition() / (double_row() ? 2 : 1); }
  std::int64_t n() const { return moving.elements_per_partition() / (double_row() ? 2 : 1); }
  void check_dtypes(const CheckContext& context) const;
  void execute_transpose(CoreState& core) const;
};

}  // namespace trainyard
