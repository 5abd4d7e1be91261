// SPDX-License-Identifier: Apache-2.0
// Instructions that pair the two physical cores of a logical one.
#pragma once

#include "isa/table.h"

namespace trainyard {

// Values follow nki.isa.dma_engine.
enum class DmaEngine : std::uint8_t { dma = 1, gpsimd_dma = 2 };
template <>
const Choices& choices_of<DmaEngine>();

struct CoreBarrier {
  static constexpr InstructionInfo kInfo = {
      "core_barrier",
      "Waits for the other cores of a logical core; with one core nothing is waited for.",
      "-",
      Generation::gen3,
      "one semaphore",
      "nki.isa.core_barrier (0.6)"};

  View data{};
  IntList cores{};

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const {
    return Engine::gpsimd | Engine::vector | Engine::scalar | Engine::tensor | Engine::sync;
  }
  EngineSet automatic_engines(const Machine&) const { return EngineSet::of(Engine::gpsimd); }
  void check(const CheckContext&) const {}
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct SendRecv {
  static constexpr InstructionInfo kInfo = {
      "sendrecv",
      "Exchanges tiles with the other core of a logical core (LNC 2).",
      "dst = src of recv_from_rank",
      Generation::gen3,
      "waits for the other core, then as dma_copy between two SBUFs",
      "nki.isa.sendrecv (0.6)"};

  View src{};
  View dst{};
  RegisterOperand send_to_rank{};
  RegisterOperand recv_from_rank{};
  RegisterOperand pipe_id{};
  DmaEngine dma_engine = DmaEngine::dma;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::dma); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
