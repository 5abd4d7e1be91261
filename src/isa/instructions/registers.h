// SPDX-License-Identifier: Apache-2.0
// Scalar registers of the engines' sequencers. They hold 32 bits; values read back signed.
#pragma once

#include "isa/table.h"

namespace trainyard {

struct RegisterMove {
  static constexpr InstructionInfo kInfo = {"register_move",
                                            "Sets a register to a constant or another register.",
                                            "dst = src",
                                            Generation::gen2,
                                            "one cycle of the sequencer",
                                            "nki.isa.register_move (0.6); cost assumed"};
  RegisterOperand dst{};
  RegisterOperand src{};

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::sync); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct RegisterLoad {
  static constexpr InstructionInfo kInfo = {"register_load",
                                            "Reads one integer element into a register.",
                                            "dst = src[0]",
                                            Generation::gen2,
                                            "the sequencer's load latency",
                                            "nki.isa.register_load (0.6); machine.md 4b"};
  RegisterOperand dst{};
  View src{};

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::sync); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct RegisterStore {
  static constexpr InstructionInfo kInfo = {"register_store",
                                            "Writes a register to one integer element; narrower "
                                            "elements take the low bits.",
                                            "dst[0] = src",
                                            Generation::gen2,
                                            "the sequencer's load latency",
                                            "nki.isa.register_store (0.6); cost assumed"};
  View dst{};
  RegisterOperand src{};

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::sync); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
