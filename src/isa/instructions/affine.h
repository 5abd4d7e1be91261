// SPDX-License-Identifier: Apache-2.0
// The stream of 32-bit integers that iota writes and affine_select compares with 0.
#pragma once

#include "isa/table.h"

namespace trainyard {

struct Iota {
  static constexpr InstructionInfo kInfo = {
      "iota",
      "Writes an affine function of the indices, computed in 32-bit integers.",
      "dst[p, w, z, y, x] = offset + p channel_multiplier + w step_w + z step_z + y step_y + "
      "x step_x",
      Generation::gen2,
      "150 + N",
      "nki.isa.iota (0.6); cost: SDK 2.26 docstring"};

  View dst;
  AffinePattern pattern;
  std::int64_t offset = 0;
  std::int64_t channel_multiplier = 0;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::gpsimd); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct AffineSelect {
  static constexpr InstructionInfo kInfo = {
      "affine_select",
      "Keeps the elements whose affine function of the indices compares true with 0, and puts a "
      "number in place of the others.",
      "dst[p, i] = on_true_tile[p, i] if cmp_op(affine(p, i), 0) else on_false_value",
      Generation::gen2,
      "150 + N",
      "nki.isa.affine_select (0.6); cost: SDK 2.26 docstring"};

  View dst;
  AffinePattern pattern;
  std::int64_t channel_multiplier = 0;
  View on_true_tile;
  double on_false_value = 0.0;
  AluOp cmp_op = AluOp::equal;
  std::int64_t offset = 0;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::gpsimd); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
