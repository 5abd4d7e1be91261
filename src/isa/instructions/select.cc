// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/select.h"

#include <algorithm>
#include <cmath>

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/lane_reduction.h"
#include "isa/instructions/operand_rules.h"
#include "numerics/convert.h"

namespace trainyard {
namespace {

double select_cycles(const Machine& machine, const View& dst, bool from_psum) {
  return static_cast<double>(dst.elements_per_partition()) *
         (from_psum ? machine.vector.tensor_tensor_fast_cycles_per_element
                    : machine.vector.tensor_tensor_cycles_per_element);
}

std::uint32_t number_bits(DType dtype, double number) {
  if (!is_integer(dtype)) return encode(dtype, static_cast<float>(number));
  if (number != number) return 0;
  return encode_integer(dtype, std::llrint(std::clamp(number, -0x1p62, 0x1p62)));
}

}  // namespace

void TensorCopyPredicated::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::read_write, .dtypes = kValueDTypes, .columns = true}, dst);
  v.scalar({.name = "src"}, src);
  v.tile({.name = "predicate",
          .dtypes = dtypes(DType::uint8, DType::uint16, DType::uint32),
          .columns = true},
         predicate);
  v.flag({.name = "reverse_pred", .need = Need::optional}, reverse_pred);
}

void TensorCopyPredicated::check(const CheckContext& context) const {
  require_same_size("predicate", predicate, "dst", dst);
  if (src.kind == ScalarOperand::Kind::tile) {
    require_same_size("src", src.tile, "dst", dst);
    require_same_dtype("src", src.tile, "dst", dst);
    refuse_both_in_psum("src", src.tile, "predicate", predicate);
  }
  check_scatter(context, dst, "predicate", predicate);
}

void TensorCopyPredicated::execute(CoreState& core, Engine) const {
  const bool from_tile = src.kind == ScalarOperand::Kind::tile;
  const Rows chosen = core.access(predicate, Touch::read);
  const Rows from = from_tile ? core.access(src.tile, Touch::read) : chosen;
  // Not a read of dst for the user: what it keeps may never have been written.
  const Rows to = core.access(dst, Touch::write_part);
  const RowGroups groups(to, {&chosen, &from});
  auto* old = reinterpret_cast<std::uint32_t*>(core.scratch(0, groups.floats()));
  auto* fresh = reinterpret_cast<std::uint32_t*>(core.scratch(1, groups.floats()));
  auto* choice = reinterpret_cast<std::uint32_t*>(core.scratch(2, groups.floats()));
  if (!from_tile) std::fill_n(fresh, groups.floats(), number_bits(dst.dtype, src.number));
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    load_rows_bits(chosen, first, n, choice);
    if (from_tile) load_rows_bits(from, first, n, fresh);
    load_rows_bits(to, first, n, old);
    for (std::size_t i = 0; i < count; ++i) {
      old[i] = (choice[i] != 0) != reverse_pred ? fresh[i] : old[i];
    }
    store_rows_bits(to, first, n, old);
  });
}

Cost TensorCopyPredicated::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles = select_cycles(machine, dst, in_psum(predicate) || in_psum(src)) *
                stride_cycles(machine, {&dst, &predicate});
  work.lane_ops = dst.elements();
  return vector_cost(machine, work);
}

void SelectReduce::visit(ParamVisitor& v) {
  constexpr DTypeSet kSmall{kValueDTypes.bits &
                            ~dtypes(DType::tfloat32, DType::int32, DType::uint32).bits};
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes}, dst);
  v.tile({.name = "predicate",
          .dtypes = dtypes(DType::int8, DType::uint8, DType::int16, DType::uint16)},
         predicate);
  v.tile({.name = "on_true", .dtypes = kSmall}, on_true);
  v.scalar({.name = "on_false"}, on_false);
  v.tile({.name = "reduce_res", .touch = Touch::write, .dtypes = kFloats, .need = Need::optional},
         reduce_res);
  v.choice({.name = "reduce_cmd", .need = Need::optional}, reduce_cmd);
  v.choice({.name = "reduce_op", .need = Need::optional}, reduce_op);
  v.flag({.name = "reverse_pred", .need = Need::optional}, reverse_pred);
}

void SelectReduce::check(const CheckContext&) const {
  require_same_size("predicate", predicate, "dst", dst);
  require_same_size("on_true", on_true, "dst", dst);
  require_lane_operand("on_false", on_false, "on_true", on_true, kValueDTypes);
  refuse_both_in_psum("on_true", on_true, "predicate", predicate);
  require_op("reduce_op", reduce_op, {AluOp::maximum});
  check_reduce_result(reduce_res, on_true);
  if (reduce_cmd == ReduceCmd::load_reduce || reduce_cmd == ReduceCmd::reset) {
    refuse("reduce_cmd", "must be idle, reset_reduce or reduce", "use reset_reduce");
  }
}

void SelectReduce::execute(CoreState& core, Engine engine) const {
  const LaneValues otherwise(core, on_false);
  const Rows chosen = core.access(predicate, Touch::read);
  const Rows from = core.access(on_true, Touch::read);
  LaneReduction reduction(core, engine, AluOp::maximum, reduce_cmd, reduce_res, from.partitions);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&chosen, &from});
  float* x = core.scratch(0, groups.floats());
  float* y = core.scratch(1, groups.floats());
  auto* choice = reinterpret_cast<std::uint32_t*>(core.scratch(2, groups.floats()));
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    load_rows_bits(chosen, first, n, choice);
    load_rows(from, first, n, x);
    otherwise.expand(first, n, count, y);
    for (std::size_t i = 0; i < count; ++i) {
      x[i] = (choice[i] != 0) != reverse_pred ? x[i] : y[i];
    }
    reduction.take(x, first, n, count);
    core.store_rows(to, first, n, x);
  });
  reduction.finish();
}

Cost SelectReduce::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles = select_cycles(machine, dst, any_in_psum({&on_true, &predicate})) *
                stride_cycles(machine, {&dst, &on_true, &predicate});
  work.lane_ops = dst.elements();
  work.extra_latency_ns = operand_latency_ns(machine, {&on_false});
  return vector_cost(machine, work);
}

void RangeSelect::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes}, dst);
  v.tile({.name = "on_true_tile", .dtypes = kFloats}, on_true_tile);
  v.choice({.name = "comp_op0"}, comp_op0);
  v.choice({.name = "comp_op1"}, comp_op1);
  v.tile({.name = "bound0", .dtypes = kFloat32Only}, bound0);
  v.tile({.name = "bound1", .dtypes = kFloat32Only}, bound1);
  v.choice({.name = "reduce_cmd", .need = Need::optional}, reduce_cmd);
  v.tile(
      {.name = "reduce_res", .touch = Touch::write, .dtypes = kValueDTypes, .need = Need::optional},
      reduce_res);
  v.choice({.name = "reduce_op", .need = Need::optional}, reduce_op);
  v.integer({.name = "range_start", .need = Need::optional}, range_start);
  v.number({.name = "on_false_value", .need = Need::optional}, on_false_value);
}

void RangeSelect::check(const CheckContext&) const {
  require_same_size("on_true_tile", on_true_tile, "dst", dst);
  require_one_per_partition("bound0", bound0, "on_true_tile", on_true_tile);
  require_one_per_partition("bound1", bound1, "on_true_tile", on_true_tile);
  for (const auto& [name, op] :
       {std::pair{"comp_op0", comp_op0}, std::pair{"comp_op1", comp_op1}}) {
    require_op(
        name, op,
        {AluOp::equal, AluOp::less, AluOp::less_equal, AluOp::greater, AluOp::greater_equal});
  }
  require_op("reduce_op", reduce_op, {AluOp::maximum});
  check_reduce_result(reduce_res, on_true_tile);
  if (reduce_cmd == ReduceCmd::load_reduce) {
    refuse("reduce_cmd", "load_reduce needs a start value, which range_select has not",
           "use reset_reduce or reduce");
  }
  if (static_cast<float>(on_false_value) != static_cast<float>(kLeastFloat)) {
    refuse("on_false_value", "must be the least float32", "leave it out: -3.4028235e+38");
  }
  constexpr std::int64_t kExact = std::int64_t{1} << 24;  // float32 counts so far
  if (range_start < -kExact || range_start > kExact - dst.elements_per_partition()) {
    refuse("range_start", "indices must stay within 2^24, which float32 holds exactly",
           "split the range");
  }
}

void RangeSelect::execute(CoreState& core, Engine engine) const {
  const LaneValues low(core, ScalarOperand::of(bound0));
  const LaneValues high(core, ScalarOperand::of(bound1));
  const Rows from = core.access(on_true_tile, Touch::read);
  LaneReduction reduction(core, engine, AluOp::maximum, reduce_cmd, reduce_res, from.partitions);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  const auto elements = static_cast<std::size_t>(to.elements);
  float* x = core.scratch(0, groups.floats());
  float* index = core.scratch(1, elements);
  float* in0 = core.scratch(2, elements);
  float* in1 = core.scratch(3, elements);
  for (std::size_t i = 0; i < elements; ++i) {
    index[i] = static_cast<float>(range_start + static_cast<std::int64_t>(i));
  }
  const auto if_false = static_cast<float>(on_false_value);
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    load_rows(from, first, n, x);
    float* row = x;
    for (std::int32_t p = first; p < first + n; ++p, row += elements) {
      alu_row_scalar(comp_op0, index, low[p], false, elements, in0);
      alu_row_scalar(comp_op1, index, high[p], false, elements, in1);
      for (std::size_t i = 0; i < elements; ++i) {
        row[i] = in0[i] * in1[i] != 0.0F ? row[i] : if_false;
      }
    }
    reduction.take(x, first, n, count);
    core.store_rows(to, first, n, x);
  });
  reduction.finish();
}

Cost RangeSelect::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles = static_cast<double>(dst.elements_per_partition()) *
                stride_cycles(machine, {&dst, &on_true_tile});
  work.lane_ops = dst.elements();
  work.extra_latency_ns = machine.vector.operand_latency_ns;
  return vector_cost(machine, work);
}

}  // namespace trainyard
