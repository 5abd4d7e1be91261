// SPDX-License-Identifier: Apache-2.0
// A hash of what an instruction is told: its views, numbers and choices.
#pragma once

#include <cstdint>
#include <string_view>

#include "program/program.h"

namespace trainyard {

// FNV-1a over 64-bit words, each mixed with a multiply-shift: order matters, the host does not.
class HashedWords {
 public:
  void add(std::int64_t value) {
    state_ ^= static_cast<std::uint64_t>(value);
    state_ *= 0x9E3779B97F4A7C15ull;
    state_ ^= state_ >> 29;
  }
  void add(double value);
  void add(std::string_view text) {
    for (const char c : text) add(std::int64_t{c});
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325ull;
};

// Adds the operands of one instruction; a tensor is known by name_of.
class OperandHash : public ParamVisitor {
 public:
  OperandHash(const Program& program, HashedWords& words) : program_(program), words_(words) {}

  void tile(const Param&, View& v) override { view(v); }
  void tiles(const Param&, ViewList& list) override;
  void scalar(const Param&, ScalarOperand& operand) override;
  void reg(const Param&, RegisterOperand& operand) override;
  void integer(const Param&, std::int64_t& value) override { words_.add(value); }
  void number(const Param&, double& value) override { words_.add(value); }
  void numbers(const Param&, NumberList& list) override;
  void flag(const Param&, bool& value) override { words_.add(std::int64_t{value}); }
  void integers(const Param&, IntList& list) override;
  void pattern(const Param&, AffinePattern& pattern) override;
  void choice_value(const Param&, const Choices&, std::uint8_t& value) override {
    words_.add(std::int64_t{value});
  }

 protected:
  virtual std::int64_t name_of(TensorId tensor) const { return tensor; }

 private:
  void view(const View& v);

  const Program& program_;
  HashedWords& words_;
};

}  // namespace trainyard
