// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/tensor_scalar.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/operand_rules.h"
#include "numerics/alu_int.h"

namespace trainyard {
namespace {

bool either(AluOp a, AluOp b, AluOp op) {
  return a == op || b == op;
}

// The operand of a bitwise operator: its number's low 32 bits, or the bits of a tile.
class LaneBits {
 public:
  LaneBits(CoreState& core, AluOp op, const ScalarOperand& operand) {
    if (operand.kind == ScalarOperand::Kind::tile) {
      const Rows rows = core.access(operand.tile, Touch::read);
      load_words_for(op, rows, 0, rows.partitions, values_.data());
      uniform_ = false;
    } else {
      values_[0] = static_cast<std::uint32_t>(static_cast<std::int64_t>(operand.number));
    }
  }

  void apply(AluOp op, bool reverse, std::int32_t first, std::int32_t n, std::size_t count,
             std::uint32_t* x) const {
    const bool swap = reverse && !is_unary(op);
    if (uniform_) return alu_row_scalar(op, x, values_[0], swap, count, x);
    const std::size_t elements = count / static_cast<std::size_t>(n);
    for (std::int32_t p = first; p < first + n; ++p, x += elements) {
      alu_row_scalar(op, x, values_[p], swap, elements, x);
    }
  }

 private:
  bool uniform_ = true;
  std::array<std::uint32_t, 128> values_;
};

void check_operator(std::string_view op_name, AluOp op, std::string_view name,
                    const ScalarOperand& operand, const View& data) {
  if (!operand.present() && !is_unary(op) && op != AluOp::bypass) {
    refuse(name, "is needed by " + std::string(op_name), "give a number or a (P, 1) tile");
  }
  const double number = operand.number;
  if (is_bitwise(op) && operand.kind == ScalarOperand::Kind::number &&
      !(number >= INT32_MIN && number <= UINT32_MAX && number == std::floor(number))) {
    refuse(name, fmt::format("must be a whole number of 32 bits for {}, not {}", op_name, number),
           "bitwise operators take integers");
  }
  const DTypeSet allowed = is_bitwise(op)           ? kIntegers
                           : kWords.has(data.dtype) ? DTypeSet{kFloat32Only.bits | kWords.bits}
                                                    // address arithmetic
                                                    : kFloat32Only;
  require_lane_operand(name, operand, "data", data, allowed);
}

// A tile of 32-bit integers: the address arithmetic of the engines.
bool has_words(const ScalarOperand& operand) {
  return operand.kind == ScalarOperand::Kind::tile && kWords.has(operand.tile.dtype);
}

}  // namespace

void TensorScalar::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes, .columns = true}, dst);
  v.tile({.name = "data", .dtypes = kValueDTypes, .columns = true}, data);
  v.choice({.name = "op0"}, op0);
  v.scalar({.name = "operand0", .need = Need::or_none}, operand0);
  v.flag({.name = "reverse0", .need = Need::optional}, reverse0);
  v.choice({.name = "op1", .need = Need::optional}, op1);
  v.scalar({.name = "operand1", .need = Need::optional}, operand1);
  v.flag({.name = "reverse1", .need = Need::optional}, reverse1);
}

bool TensorScalar::bitwise() const {
  return is_bitwise(op0) || is_bitwise(op1);
}

EngineSet TensorScalar::engines(const Machine& machine) const {
  EngineSet set = EngineSet::of(Engine::vector);
  if (bitwise()) return set;
  const bool multiply = op0 == AluOp::multiply;
  const bool add = op0 == AluOp::add;
  const bool one = op1 == AluOp::bypass;
  const bool gen3 = (multiply && (one || op1 == AluOp::add)) || (add && one);
  const bool gen4 = gen3 || (multiply && op1 == AluOp::subtract) || (op0 == AluOp::subtract && one);
  const bool scatters_to_psum = dst.columns && in_psum(dst);
  if (!scatters_to_psum &&
      ((machine.generation == Generation::gen3 && gen3 && !reverse0 && !reverse1) ||
       (machine.generation >= Generation::gen4 && gen4))) {
    set = set | Engine::scalar;
  }
  if ((either(op0, op1, AluOp::rsqrt) || either(op0, op1, AluOp::power)) &&
      !any_in_psum({&dst, &data}) && !in_psum(operand0) && !in_psum(operand1)) {
    set = set | Engine::gpsimd;
  }
  return set;
}

// On gen2 as an activation with scale and bias, as AWS's compiler does with copies.
EngineSet TensorScalar::automatic_engines(const Machine& machine) const {
  const EngineSet set = engines(machine);
  const bool scale = op0 == AluOp::multiply && (op1 == AluOp::bypass || op1 == AluOp::add);
  const bool bias = op0 == AluOp::add && op1 == AluOp::bypass;
  const bool as_activation = machine.generation == Generation::gen2 && (scale || bias) &&
                             !reverse1 && is_floating(dst.dtype) && is_floating(data.dtype) &&
                             !dst.columns && !data.columns;
  return as_activation ? set | Engine::scalar : set;
}

void TensorScalar::check(const CheckContext& context) const {
  require_same_size("data", data, "dst", dst);
  check_operator("op0", op0, "operand0", operand0, data);
  check_operator("op1", op1, "operand1", operand1, data);
  if (op1 == AluOp::bypass && operand1.present()) {
    refuse("operand1", "has no operator: op1 is None", "give op1, or leave operand1 out");
  }
  if (bitwise()) {
    if (!is_bitwise(op0) || (op1 != AluOp::bypass && !is_bitwise(op1))) {
      refuse("op1", "op0 and op1 must both be bitwise or both be arithmetic",
             "use two instructions");
    }
    require_dtype("data", data, kIntegers, "bitwise operators take integers");
    require_dtype("dst", dst, kIntegers, "bitwise operators give integers");
  }
  require_zero_if_unary("operand0", operand0, op0);
  if ((dst.columns || data.columns) && has_words(operand0)) {
    refuse("operand0", "address arithmetic on 32-bit integers takes no view made with .indirect()",
           "use a float32 operand, or gather with tensor_copy first");
  }
  check_scatter(context, dst, "data", data);
}

void TensorScalar::execute_bits(CoreState& core) const {
  const LaneBits value0(core, op0, operand0);
  const LaneBits value1(core, op1, operand1);
  const Rows from = core.access(data, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  auto* x = reinterpret_cast<std::uint32_t*>(core.scratch(0, groups.floats()));
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    load_words_for(op0, from, first, n, x);
    value0.apply(op0, reverse0, first, n, count, x);
    if (op1 != AluOp::bypass) value1.apply(op1, reverse1, first, n, count, x);
    store_rows_bits(to, first, n, x);
  });
}

void TensorScalar::execute(CoreState& core, Engine) const {
  if (bitwise()) return execute_bits(core);
  const LaneValues value0(core, operand0);
  const LaneValues value1(core, operand1);
  const Rows from = core.access(data, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  float* x = core.scratch(0, groups.floats());
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    load_rows(from, first, n, x);
    lane_alu(core, 1, op0, value0, reverse0, first, n, count, x);
    lane_alu(core, 1, op1, value1, reverse1, first, n, count, x);
    core.store_rows(to, first, n, x);
  });
}

Cost TensorScalar::cost(const Machine& machine, Engine engine) const {
  EngineWork work;
  work.cycles = static_cast<double>(dst.elements_per_partition()) *
                stride_cycles(machine, {&dst, &data}) / copy_speedup(machine, engine, dst, data);
  if (engine == Engine::gpsimd) work.cycles *= machine.gpsimd.rsqrt_slowdown;
  work.lane_ops = dst.elements();
  if (engine == Engine::vector) {
    work.extra_latency_ns = operand_latency_ns(machine, {&operand0, &operand1});
  }
  return engine_cost(machine, engine, work);
}

}  // namespace trainyard
