// SPDX-License-Identifier: Apache-2.0
// Executes a recorded Program again, on new inputs and without checks or Python. Which tensors live
// when is worked out once, so that a replay needs no more memory than its tensors at their peak.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/neuron_core.h"
#include "program/program.h"

namespace trainyard {

class Replay {
 public:
  // Both outlive the Replay. `core` may be the one that recorded the Program: its tensors end when
  // `run` begins. Throws Fault for a Program whose control flow read a value.
  Replay(const Program& program, NeuronCore& core);

  // The bytes of a kernel input; every input needs them before `run`.
  void rebind(TensorId input, std::byte* data);
  void run();

  // The same in steps, for a core of a logical one: from the beginning, then to the end (true) or
  // to where the other cores have their turn.
  void start();
  bool go_on();
  std::uint32_t position() const { return position_; }  // in the stream

 private:
  struct Event {
    std::uint32_t instruction = 0;
    TensorId tensor = kNoTensor;
  };

  const Program& program_;
  NeuronCore& core_;
  std::vector<Event> allocate_;  // before the instruction
  std::vector<Event> release_;   // after it
  std::vector<TensorId> outputs_;
  std::vector<std::byte*> inputs_;  // by TensorId
  // Where it is: the next instruction, the next tensors to allocate and to release.
  std::uint32_t position_ = 0;
  std::size_t next_ = 0, done_ = 0;
  bool waited_ = false;
};

// The cores of a rank, taking turns as they did when they recorded.
void run_together(std::span<Replay* const> replays, LogicalCore& logical);

// The bytes of the outputs, and of the inputs that the kernel wrote to, in order of their tensors:
// one number that is the same on every host.
std::uint64_t hash_outputs(const Program& program, NeuronCore& core);

}  // namespace trainyard
