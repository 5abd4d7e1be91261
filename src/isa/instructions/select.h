// SPDX-License-Identifier: Apache-2.0
// Instructions of VectorE that choose between two values element by element.
#pragma once

#include "isa/table.h"

namespace trainyard {

struct TensorCopyPredicated {
  static constexpr InstructionInfo kInfo = {
      "tensor_copy_predicated",
      "Copies the elements whose predicate is not zero, and leaves the others of dst.",
      "dst[p, i] = src[p, i] if predicate[p, i] else dst[p, i]",
      Generation::gen2,
      "2 N; N with an operand in PSUM",
      "nki.isa.tensor_copy_predicated (0.6); cost: SDK 2.26 docstring"};

  View dst;
  ScalarOperand src{};  // a number, or a tile of the size of dst
  View predicate;
  bool reverse_pred = false;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct SelectReduce {
  static constexpr InstructionInfo kInfo = {
      "select_reduce",
      "Chooses between a tile and a number or per-partition values, and may reduce the maximum.",
      "dst[p, i] = on_true[p, i] if predicate[p, i] else on_false[p]; reduce_res[p] = max over i",
      Generation::gen2,
      "2 N; N with an operand in PSUM",
      "nki.isa.select_reduce (0.6); cost: as tensor_copy_predicated, assumed"};

  View dst, predicate, on_true;
  ScalarOperand on_false{};
  View reduce_res{};
  ReduceCmd reduce_cmd = ReduceCmd::idle;
  AluOp reduce_op = AluOp::maximum;
  bool reverse_pred = false;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct RangeSelect {
  static constexpr InstructionInfo kInfo = {
      "range_select",
      "Keeps the elements whose index lies within per-partition bounds, puts the least float32 in "
      "place of the others, and reduces the maximum.",
      "dst[p, i] = on_true_tile[p, i] if comp_op0(range_start + i, bound0[p]) and "
      "comp_op1(range_start + i, bound1[p]) else on_false_value",
      Generation::gen3,
      "max(MIN_II, N)",
      "nki.isa.range_select (0.6); cost: SDK 2.26 docstring"};
  static constexpr double kLeastFloat = -0x1.fffffep127;

  View dst, on_true_tile;
  AluOp comp_op0 = AluOp::greater_equal;
  AluOp comp_op1 = AluOp::less;
  View bound0, bound1;
  ReduceCmd reduce_cmd = ReduceCmd::reset_reduce;
  View reduce_res{};
  AluOp reduce_op = AluOp::maximum;
  std::int64_t range_start = 0;
  double on_false_value = kLeastFloat;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
