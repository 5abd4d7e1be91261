// SPDX-License-Identifier: Apache-2.0
// Gathers along the free dimension, on GpSimd.
#pragma once

#include "isa/table.h"

namespace trainyard {

struct LocalGather {
  static constexpr InstructionInfo kInfo = {
      "local_gather",
      "Gathers runs of num_elem_per_idx elements from every partition; each group of 16 "
      "partitions shares the indices held by its 16 rows, read column by column.",
      "dst[p, j n + e] = src_buffer[p, index.T.flat[j] + e], index of the group of p",
      Generation::gen2,
      "150 + num_valid n / C, C = ((28 + 4 n) / (4 n)) / min(4 / dtype_size, n)",
      "nki.isa.local_gather (0.6, cost 2.26); nki-surface.md 4.5",
      "an index out of bounds is refused; the reference leaves it undefined"};

  // num_valid_indices left out: all of them.
  static constexpr std::int64_t kAllIndices = -1;

  View dst{};
  View src_buffer{};
  View index{};
  std::int64_t num_elem_per_idx = 1;
  std::int64_t num_valid_indices = kAllIndices;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::gpsimd); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;

 private:
  std::int64_t valid_indices() const;
};

struct NcNGather {
  static constexpr InstructionInfo kInfo = {
      "nc_n_gather",
      "Gathers elements inside each partition; the free dimensions of data count as one.",
      "dst[p, i] = data[p, indices[p, i]]",
      Generation::gen2,
      "150 ceil(N / 512) + N",
      "nki.isa.nc_n_gather (0.6); cost assumed from its 512-element groups",
      "an index out of bounds is refused; the reference leaves it undefined"};

  View dst{};
  View data{};
  View indices{};

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::gpsimd); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
