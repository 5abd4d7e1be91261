// SPDX-License-Identifier: Apache-2.0
#include "program/accesses.h"

#include <string_view>

#include "program/fetch_ahead.h"

namespace trainyard {
namespace {

class Collector final : public TileVisitor {
 public:
  Collector(const Program& program, BigVector<Access>& out) : program_(program), out_(out) {}

  std::uint8_t engine_state = 0;

  void tile(const Param& param, View& view) override {
    if (!view.present()) return;
    out_.push_back({&view, view.tensor, view.space, param.touch,
                    std::string_view(param.name) == "stationary"});
    if (view.indirect == 0) return;
    const Indirect& indirect = program_.indirects[view.indirect - 1];
    if (indirect.kind == IndirectKind::scalar_register) {
      touch_register(indirect.reg, Touch::read);
    } else {
      const View& index = indirect.index;
      out_.push_back({&index, index.tensor, index.space, Touch::read, false});
    }
  }
  void reg(const Param& param, RegisterOperand& operand) override {
    if (operand.reg != kNoRegister) touch_register(operand.reg, param.touch);
  }
  void choice_value(const Param&, const Choices& choices, std::uint8_t& value) override {
    if (&choices == &choices_of<ReduceCmd>() && value != 0) engine_state |= kUsesAccumulators;
  }

 private:
  void touch_register(RegisterId reg, Touch touch) {
    out_.push_back({nullptr, reg, Space::sbuf, touch, false});
  }

  const Program& program_;
  BigVector<Access>& out_;
};

bool draws_random_numbers(std::string_view name) {
  return name.starts_with("rand") || name.starts_with("rng") || name == "dropout" ||
         name == "set_rng_seed";
}

}  // namespace

AccessTable::AccessTable(const Program& program) {
  const auto& table = instruction_table();
  std::vector<std::uint8_t> random(table.size(), 0);
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (draws_random_numbers(table[i].info.name)) random[i] = kUsesRandomState;
  }
  accesses_.reserve(program.stream.size() * 3);
  first_.reserve(program.stream.size() + 1);
  engine_state_.reserve(program.stream.size());
  Collector collector(program, accesses_);
  for (std::size_t i = 0; i < program.stream.size(); ++i) {
    fetch_ahead(program, i);
    const Recorded& recorded = program.stream[i];
    first_.push_back(static_cast<std::uint32_t>(accesses_.size()));
    collector.engine_state = 0;
    entry(recorded.opcode).visit(recorded.operands, collector);
    engine_state_.push_back(collector.engine_state |
                            random[static_cast<std::size_t>(recorded.opcode)]);
  }
  first_.push_back(static_cast<std::uint32_t>(accesses_.size()));
}

}  // namespace trainyard
