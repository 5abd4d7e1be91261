// SPDX-License-Identifier: Apache-2.0
// Records a Program while executing it: each instruction is checked, given an engine, executed at
// once on a CoreState (so that registers and dynamic control have real values), and appended.
// This is the C++ kernel API; the Python front records through the same calls.
//
//   Builder build(machine, core);
//   View a = build.sbuf({128, 512}, DType::bfloat16, "a");
//   build(DmaCopy{.dst = a, .src = input});
#pragma once

#include <cstdint>
#include <new>
#include <string>
#include <vector>

#include "program/program.h"

namespace trainyard {

// What the Builder needs of the core beside execution; src/core implements it.
class TensorMemory {
 public:
  virtual ~TensorMemory() = default;
  // Gives the tensor bytes (unwritten: NaN, or 4 for integers), at its address or of its own.
  virtual void allocate(const Program& program, TensorId id) = 0;
  // The tensor is the caller's buffer (a kernel input), read and written in place.
  virtual void bind(const Program& program, TensorId id, std::byte* data, bool written) = 0;
  // No later instruction uses the tensor: its bytes may serve another one.
  virtual void release(TensorId id) = 0;
  // The instruction that executes next: for what is noted while it runs, and its random words.
  virtual void begin(const Program& program, std::uint32_t instruction, const Recorded& what) = 0;
  // It waited for another core: the others have gone on since, and it executes again.
  virtual bool again() = 0;
  // It is done and recorded; `participants` 0: it met no others.
  virtual Meeting end() = 0;
  // That instruction threw a Fault: tensors that it was the first to write are unwritten again.
  virtual void abandon() = 0;
};

struct Address {
  std::int32_t partition = 0;
  std::int64_t byte = 0;
};

class Builder {
 public:
  // `core` and `memory` are usually the same object (core/neuron_core.h). Both outlive the Builder.
  Builder(const Machine& machine, CoreState& core, TensorMemory& memory);

  Program& program() { return program_; }
  const Machine& machine() const { return machine_; }
  CoreState& core() { return core_; }

  // Tensors. `shape[0]` is the partition dimension on chip. Throws Fault for shapes and addresses
  // that the machine does not have.
  View sbuf(const std::vector<std::int64_t>& shape, DType dtype, std::string name = {},
            const Address* address = nullptr);
  View psum(const std::vector<std::int64_t>& shape, DType dtype, std::string name = {},
            const Address* address = nullptr);
  View hbm(const std::vector<std::int64_t>& shape, DType dtype, TensorRole role,
           std::string name = {}, bool shared = true);
  // A kernel argument: uses the caller's bytes, which outlive the Builder.
  View input(const std::vector<std::int64_t>& shape, DType dtype, std::byte* data,
             std::string name = {}, bool written = true);
  void release(const View& view) { memory_.release(view.tensor); }

  RegisterId new_register();
  std::uint32_t add_indirect(const Indirect& indirect);  // returns View::indirect

  // Checks, picks an engine, executes, records. Returns the stream index.
  template <class I>
  std::uint32_t operator()(const I& instruction, Engine engine = Engine::unknown) {
    return record_kept(entry(opcode_of<I>()), new (keep(sizeof(I), alignof(I))) I(instruction),
                       engine);
  }
  std::uint32_t record(const Entry& entry, const void* operands, Engine engine = Engine::unknown);

  // The place recorded with the following instructions and tensors.
  void set_place(SourceId where) { where_ = where; }
  SourceId place() const { return where_; }
  void set_fixed_order(bool on) { fixed_order_ = on; }
  void depends_on(std::uint32_t consumer, std::uint32_t producer);

 private:
  class Context;

  View add_tensor(const std::vector<std::int64_t>& shape, TensorInfo info);
  View add_on_chip(Space space, const std::vector<std::int64_t>& shape, DType dtype,
                   std::string name, const Address* address);
  void* keep(std::size_t bytes, std::size_t align) { return program_.arena.allocate(bytes, align); }
  // `operands` lie in the arena.
  std::uint32_t record_kept(const Entry& entry, void* operands, Engine engine);
  Engine choose(const Entry& entry, const void* operands, Engine wanted, Recorded& recorded);

  const Machine& machine_;
  CoreState& core_;
  TensorMemory& memory_;
  Program program_;
  SourceId where_ = 0;
  bool fixed_order_ = false;
  // Estimated busy time per engine so far, to choose among legal engines (nki-surface.md 4.8).
  std::int64_t busy_ps_[kEngineCount] = {};
};

}  // namespace trainyard
