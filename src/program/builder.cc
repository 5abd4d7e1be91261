// SPDX-License-Identifier: Apache-2.0
#include "program/builder.h"

#include <fmt/format.h>

#include <cstring>
#include <string>

#include "program/wrong_engine.h"

namespace trainyard {

class Builder::Context final : public CheckContext {
 public:
  Context(const Machine& machine, const Program& program, Engine named)
      : machine_(machine), program_(program), named_(named) {}

  const Machine& machine() const override { return machine_; }
  Engine named_engine() const override { return named_; }

  TensorFacts tensor(TensorId id) const override {
    if (id >= program_.tensors.size()) {
      throw Fault(FaultKind::program, "the tensor belongs to another kernel call",
                  "a tensor lives as long as the call that made it");
    }
    const TensorInfo& info = program_.tensors[id];
    return {info.space,
            info.dtype,
            info.partitions,
            info.partition_bytes,
            info.has_address() ? info.address_partition : 0,
            info.has_address()};
  }

  const Indirect& indirect(const View& view) const override {
    if (view.indirect > program_.indirects.size()) {
      throw Fault(FaultKind::program, "the index belongs to another kernel call");
    }
    return program_.indirects[view.indirect - 1];
  }

 private:
  const Machine& machine_;
  const Program& program_;
  Engine named_;
};

Builder::Builder(const Machine& machine, CoreState& core, TensorMemory& memory)
    : machine_(machine), core_(core), memory_(memory) {}

RegisterId Builder::new_register() {
  return program_.registers++;
}

std::uint32_t Builder::add_indirect(const Indirect& indirect) {
  program_.indirects.push_back(indirect);
  return static_cast<std::uint32_t>(program_.indirects.size());
}

void Builder::depends_on(std::uint32_t consumer, std::uint32_t producer) {
  if (consumer >= program_.stream.size() || producer >= program_.stream.size() ||
      producer >= consumer) {
    throw Fault(FaultKind::program, "an instruction can only depend on an earlier one of its call");
  }
  program_.depends.emplace_back(consumer, producer);
}

// The engine named by the kernel if it is legal, else the legal one that would be done first.
Engine Builder::choose(const Entry& entry, const void* operands, Engine wanted,
                       Recorded& recorded) {
  const EngineSet legal = entry.engines(operands, machine_);
  if (legal.has(Engine::dma)) {
    recorded.queue = wanted == Engine::dma ? Engine::unknown : wanted;
    return Engine::dma;
  }
  if (wanted != Engine::unknown) {
    if (legal.has(wanted)) {
      busy_ps_[static_cast<int>(wanted)] += entry.cost(operands, machine_, wanted).occupancy.ps;
      return wanted;
    }
    throw wrong_engine(entry, operands, wanted, legal);
  }
  EngineSet candidates = entry.automatic_engines(operands, machine_);
  // AWS's compiler leaves to VectorE what both could do: in the profile of the fused Mamba tutorial
  // it is active for all five element-wise instructions of a step, in that of the matrix
  // multiplication for all memsets.
  if (candidates.has(Engine::vector)) candidates = candidates.without(Engine::gpsimd);
  Engine best = Engine::unknown;
  std::int64_t best_ps = 0;
  for (unsigned bits = candidates.bits; bits != 0; bits &= bits - 1) {
    const int e = __builtin_ctz(bits);
    const auto engine = static_cast<Engine>(e);
    const std::int64_t done_ps = busy_ps_[e] + entry.cost(operands, machine_, engine).occupancy.ps;
    if (best != Engine::unknown && done_ps >= best_ps) continue;
    best = engine;
    best_ps = done_ps;
  }
  if (best == Engine::unknown) {
    throw no_engine(entry, legal);
  }
  busy_ps_[static_cast<int>(best)] = best_ps;
  return best;
}

std::uint32_t Builder::record(const Entry& entry, const void* operands, Engine engine) {
  void* kept = keep(entry.operand_bytes, entry.operand_align);
  std::memcpy(kept, operands, entry.operand_bytes);
  return record_kept(entry, kept, engine);
}

std::uint32_t Builder::record_kept(const Entry& entry, void* operands, Engine engine) {
  const auto index = static_cast<std::uint32_t>(program_.stream.size());
  try {
    const Context context(machine_, program_, engine);
    check_operands(entry, operands, context);
    entry.check(operands, context);
    Recorded recorded;
    recorded.opcode = entry.opcode;
    recorded.where = where_;
    recorded.fixed_order = fixed_order_;
    recorded.engine_chosen_by_user = engine != Engine::unknown;
    recorded.engine = choose(entry, operands, engine, recorded);
    recorded.operands = operands;
    memory_.begin(program_, index, recorded);
    try {
      do {
        entry.execute(operands, core_, recorded.engine);
      } while (memory_.again());
    } catch (...) {
      memory_.abandon();
      throw;
    }
    program_.stream.push_back(recorded);
    if (Meeting meeting = memory_.end(); meeting.participants > 0) {
      meeting.instruction = index;
      program_.meetings.push_back(meeting);
    }
  } catch (Fault& fault) {
    if (fault.instruction().empty()) fault.in(std::string(entry.info.name), fault.operand());
    if (!fault.place().known()) fault.at(program_.sources.place(where_));
    throw;
  }
  return index;
}

}  // namespace trainyard
