// SPDX-License-Identifier: Apache-2.0
// Random numbers and the state they come from. No public kernel depends on a sequence; ours is
// random_state.h's.
#pragma once

#include "isa/table.h"

namespace trainyard {

struct Rng {
  static constexpr InstructionInfo kInfo = {
      "rng",
      "Random words, cut to the low bits of the dtype.",
      "dst[p, i] = next word of lane p",
      Generation::gen2,
      "max(MIN_II, N)",
      "nki.isa.rng (0.6); cost assumed",
      "the words are those of XORWOW with our seeding; the sequence of the chips is not "
      "public"};

  View dst;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine& machine) const;
  EngineSet automatic_engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct Rand2 {
  static constexpr InstructionInfo kInfo = {
      "rand2",
      "Uniform random numbers.",
      "dst[p, i] = min[p] + u (max[p] - min[p]), u in [0, 1)",
      Generation::gen4,
      "max(MIN_II, N / 4)",
      "nki.isa.rand2 (0.6); cost: NeuronCore-v4 guide",
      "the words are those of XORWOW with our seeding; the sequence of the chips is not "
      "public"};

  View dst;
  ScalarOperand min = ScalarOperand::of(0.0);
  ScalarOperand max = ScalarOperand::of(1.0);

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct Dropout {
  static constexpr InstructionInfo kInfo = {
      "dropout",
      "Replaces elements by 0 at random.",
      "dst[p, i] = 0 if u < prob[p] else data[p, i], u in [0, 1)",
      Generation::gen2,
      "max(MIN_II, N)",
      "nki.isa.dropout (0.6); cost: SDK 2.26 docstring",
      "the words are those of XORWOW with our seeding; the sequence of the chips is not "
      "public"};

  View dst, data;
  ScalarOperand prob{};

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct SetRngSeed {
  static constexpr InstructionInfo kInfo = {"set_rng_seed",
                                            "Seeds the random generators of VectorE from one word.",
                                            "state of every lane = f(src_seeds[0, 0], lane)",
                                            Generation::gen2,
                                            "MIN_II",
                                            "nki.isa.set_rng_seed (0.6); cost assumed"};

  View src_seeds;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct RandSetState {
  static constexpr InstructionInfo kInfo = {
      "rand_set_state",
      "Sets the random state of lanes: 6 words each on GpSimd, 24 on VectorE.",
      "state of lane p = src_seeds[p]",
      Generation::gen3,
      "max(MIN_II, N)",
      "nki.isa.rand_set_state (0.6); cost assumed"};

  View src_seeds;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine& machine) const;
  EngineSet automatic_engines(const Machine& machine) const;
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct RandGetState {
  static constexpr InstructionInfo kInfo = {
      "rand_get_state",
      "Reads the random state of lanes: 6 words each on GpSimd, 24 on VectorE.",
      "dst[p] = state of lane p",
      Generation::gen3,
      "max(MIN_II, N)",
      "nki.isa.rand_get_state (0.6); cost assumed"};

  View dst;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine& machine) const;
  EngineSet automatic_engines(const Machine& machine) const;
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
