// SPDX-License-Identifier: Apache-2.0
// The tensors and registers that each instruction of a Program touches, read once from the
// instructions' own visit() for placement and for dependencies.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "program/program.h"

namespace trainyard {

struct Access {
  const View* view = nullptr;  // in the operands or in Program::indirects; null: a register
  std::uint32_t id = 0;        // TensorId or RegisterId
  Space space = Space::sbuf;
  Touch touch = Touch::read;
  bool weights = false;  // the stationary operand of the Tensor Engine

  bool is_register() const { return view == nullptr; }

  bool reads() const { return trainyard::reads(touch); }
  bool writes() const { return trainyard::writes(touch); }
};

// State of an engine that an instruction uses without naming it: such instructions keep their
// order on their engine.
inline constexpr std::uint8_t kUsesAccumulators = 1;
inline constexpr std::uint8_t kUsesRandomState = 2;

class AccessTable {
 public:
  explicit AccessTable(const Program& program);

  std::span<const Access> of(std::uint32_t instruction) const {
    return {accesses_.data() + first_[instruction], first_[instruction + 1] - first_[instruction]};
  }
  std::uint8_t engine_state(std::uint32_t instruction) const { return engine_state_[instruction]; }

 private:
  BigVector<Access> accesses_;
  BigVector<std::uint32_t> first_;
  BigVector<std::uint8_t> engine_state_;
};

}  // namespace trainyard
