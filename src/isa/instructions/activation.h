// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

// reduce_op == bypass: none given, add is meant.
struct Activation {
  static constexpr InstructionInfo kInfo = {
      "activation",
      "Applies a function of the Scalar Engine to scaled and biased data, and may sum the results.",
      "dst[p, i] = op(data[p, i] * scale[p] + bias[p]); reduce_res[p] = sum over i of dst[p, i]",
      Generation::gen2,
      "max(MIN_II, N)",
      "nki.isa.activation (0.6); cost: SDK 2.26 docstring",
      "reduce_res with reduce_cmd=idle gets the sum as with reset_reduce, which published "
      "kernels expect; outside the valid ranges of the reference only sin extrapolates as "
      "the engine does"};

  View dst;
  Function op = Function::copy;
  View data;
  ScalarOperand bias{};
  ScalarOperand scale = ScalarOperand::of(1.0);
  AluOp reduce_op = AluOp::bypass;
  View reduce_res{};
  ReduceCmd reduce_cmd = ReduceCmd::idle;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::scalar); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct ActivationReduce {
  static constexpr InstructionInfo kInfo = {
      "activation_reduce",
      "As activation with reduce_cmd=reset_reduce.",
      "dst[p, i] = op(data[p, i] * scale[p] + bias[p]); reduce_res[p] = sum over i of dst[p, i]",
      Generation::gen2,
      "max(MIN_II, N) + MIN_II",
      "nki.isa.activation_reduce (0.6); cost: SDK 2.26 docstring"};

  View dst;
  Function op = Function::copy;
  View data;
  AluOp reduce_op = AluOp::add;
  View reduce_res{};
  ScalarOperand bias{};
  ScalarOperand scale = ScalarOperand::of(1.0);

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::scalar); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;

 private:
  Activation as_activation() const;
};

// The activation table that `function` needs: notes it in `cost`. Linear pieces need none.
void need_table(Function function, Cost& cost);

}  // namespace trainyard
