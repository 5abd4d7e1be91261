// SPDX-License-Identifier: Apache-2.0
// The instruction table: every instruction once. An entry is made from a plain struct of operands
// (isa/instructions/*.h) that offers
//   static constexpr InstructionInfo kInfo;
//   void visit(ParamVisitor&);                               names the parameters
//   EngineSet engines(const Machine&) const;                 where it may run, given its operands
//   EngineSet automatic_engines(const Machine&) const;       optional: the part of engines() that
//                                                            engine=unknown chooses among
//   void check(const CheckContext&) const;                   rules beyond Param (throws Fault)
//   void execute(CoreState&, Engine) const;                  what it computes
//   Cost cost(const Machine&, Engine) const;                 its cycles and energy events
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <vector>

#include "isa/core_state.h"
#include "isa/cost.h"
#include "isa/parameters.h"
#include "machine/machine.h"

namespace trainyard {

enum class Opcode : std::uint8_t {};  // index into the table, assigned at start-up in name order

struct InstructionInfo {
  std::string_view name;                // as nki.isa spells it
  std::string_view summary;             // one sentence
  std::string_view formula;             // one line
  Generation since = Generation::gen2;  // first NeuronCore that has it
  std::string_view cost;                // the cycle formula in words, N elements per partition
  std::string_view source;              // document of meaning and cost
  std::string_view deviation = {};      // where we knowingly read that document otherwise
};

// What `check` may ask beyond its own operands.
struct TensorFacts {
  Space space;
  DType dtype;
  std::int32_t partitions;       // on chip
  std::int64_t partition_bytes;  // on chip: bytes per partition; hbm: all bytes
  std::int32_t start_partition;  // of an explicit address, else 0
  bool has_address;
};
class CheckContext {
 public:
  virtual ~CheckContext() = default;
  virtual const Machine& machine() const = 0;
  virtual TensorFacts tensor(TensorId id) const = 0;
  virtual const Indirect& indirect(const View& view) const = 0;  // view.indirect != 0
  // The engine that the kernel names, if any.
  virtual Engine named_engine() const { return Engine::unknown; }
};

struct Entry {
  InstructionInfo info;
  Opcode opcode{};
  std::size_t operand_bytes = 0;  // sizeof of the operand struct
  std::size_t operand_align = 0;
  void (*construct)(void* operands) = nullptr;  // default values
  void (*visit)(void* operands, ParamVisitor&) = nullptr;
  EngineSet (*engines)(const void* operands, const Machine&) = nullptr;
  EngineSet (*automatic_engines)(const void* operands, const Machine&) = nullptr;
  void (*check)(const void* operands, const CheckContext&) = nullptr;
  void (*execute)(const void* operands, CoreState&, Engine) = nullptr;
  Cost (*cost)(const void* operands, const Machine&, Engine) = nullptr;
};

const std::vector<Entry>& instruction_table();
const Entry& entry(Opcode opcode);
const Entry* find_instruction(std::string_view name);

// An operand struct joins the table by one line in isa/instructions/all.h (static registration
// would be dropped by the linker from a static library).
template <class I>
Entry make_entry() {
  Entry e;
  e.info = I::kInfo;
  e.operand_bytes = sizeof(I);
  e.operand_align = alignof(I);
  e.construct = [](void* p) { new (p) I(); };
  e.visit = [](void* p, ParamVisitor& v) { static_cast<I*>(p)->visit(v); };
  e.engines = [](const void* p, const Machine& m) { return static_cast<const I*>(p)->engines(m); };
  e.automatic_engines = [](const void* p, const Machine& m) {
    const I& instruction = *static_cast<const I*>(p);
    if constexpr (requires { instruction.automatic_engines(m); }) {
      return instruction.automatic_engines(m);
    } else {
      return instruction.engines(m);
    }
  };
  e.check = [](const void* p, const CheckContext& c) { static_cast<const I*>(p)->check(c); };
  e.execute = [](const void* p, CoreState& s, Engine g) {
    static_cast<const I*>(p)->execute(s, g);
  };
  e.cost = [](const void* p, const Machine& m, Engine g) {
    return static_cast<const I*>(p)->cost(m, g);
  };
  return e;
}

template <class I>
Opcode opcode_of() {
  static const Opcode opcode = find_instruction(I::kInfo.name)->opcode;
  return opcode;
}

// The rules of every Param and the ones common to all instructions: present or optional, space,
// dtype, partition count at most 128 and inside the tensor, start partition, pattern inside the
// tensor, at most 5 dimensions after merging on chip, generation. Throws Fault naming the operand.
void check_operands(const Entry& entry, void* operands, const CheckContext& context);

}  // namespace trainyard
