// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/registers.h"

#include <fmt/format.h>

#include "isa/instructions/refuse.h"

namespace trainyard {
namespace {

constexpr DTypeSet kIntegers =
    dtypes(DType::int8, DType::int16, DType::int32, DType::uint8, DType::uint16, DType::uint32);

std::int64_t value_of(const CoreState& core, const RegisterOperand& operand) {
  return operand.reg != kNoRegister ? core.register_value(operand.reg) : operand.value;
}

std::int64_t as_register(std::int64_t value) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
}

void require_register(const char* operand, const RegisterOperand& value) {
  if (value.reg == kNoRegister) {
    refuse(operand, "must be a register, not a number", "allocate one with register_alloc()");
  }
}

void require_word(const char* operand, const RegisterOperand& value) {
  if (value.reg != kNoRegister || (value.value >= INT32_MIN && value.value <= UINT32_MAX)) return;
  refuse(operand, fmt::format("{} does not fit a 32-bit register", value.value),
         "use a smaller number");
}

void require_one_element(const char* operand, const View& view) {
  if (view.elements() != 1) {
    refuse(
        operand,
        fmt::format("must have one element, not {} of shape {}", view.elements(), shape_text(view)),
        "slice the one meant");
  }
}

Cost sequencer_cost(const Machine& machine, Time latency) {
  Cost cost;
  cost.occupancy = Time::from_cycles(1, machine.sync.clock_hz);
  cost.latency = later(cost.occupancy, latency);
  return cost;
}

}  // namespace

void RegisterMove::visit(ParamVisitor& v) {
  v.reg({.name = "dst", .touch = Touch::write}, dst);
  v.reg({.name = "src"}, src);
}

void RegisterMove::check(const CheckContext&) const {
  require_register("dst", dst);
  require_word("src", src);
}

void RegisterMove::execute(CoreState& core, Engine) const {
  core.set_register(dst.reg, as_register(value_of(core, src)));
}

Cost RegisterMove::cost(const Machine& machine, Engine) const {
  return sequencer_cost(machine, {});
}

void RegisterLoad::visit(ParamVisitor& v) {
  v.reg({.name = "dst", .touch = Touch::write}, dst);
  v.tile({.name = "src", .spaces = kSbufOrHbm, .dtypes = kIntegers}, src);
}

void RegisterLoad::check(const CheckContext&) const {
  require_register("dst", dst);
  require_one_element("src", src);
}

void RegisterLoad::execute(CoreState& core, Engine) const {
  std::int64_t value = 0;
  load_rows_int(core.access(src, Touch::read), 0, 1, &value);
  core.set_register(dst.reg, as_register(value));
}

Cost RegisterLoad::cost(const Machine& machine, Engine) const {
  Cost cost = sequencer_cost(machine, Time::from_ns(machine.core.register_load_latency_ns));
  cost.register_load = true;
  return cost;
}

void RegisterStore::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .spaces = kSbufOrHbm, .dtypes = kIntegers}, dst);
  v.reg({.name = "src"}, src);
}

void RegisterStore::check(const CheckContext&) const {
  require_one_element("dst", dst);
  require_word("src", src);
}

void RegisterStore::execute(CoreState& core, Engine) const {
  const auto bits = static_cast<std::uint32_t>(value_of(core, src));
  store_rows_bits(core.access(dst, Touch::write), 0, 1, &bits);
}

Cost RegisterStore::cost(const Machine& machine, Engine) const {
  return sequencer_cost(machine, Time::from_ns(machine.core.register_load_latency_ns));
}

}  // namespace trainyard
