// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/exponential.h"

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/lane_reduction.h"
#include "isa/instructions/operand_rules.h"

namespace trainyard {
namespace {

constexpr DTypeSet kResults = dtypes(DType::float8_e4m3, DType::float8_e5m2, DType::float16,
                                     DType::bfloat16, DType::float32, DType::tfloat32);
constexpr DTypeSet kTo = {
    kResults.bits |
    dtypes(DType::int8, DType::int16, DType::int32, DType::uint8, DType::uint16).bits};
constexpr DTypeSet kFrom = {(kTo.bits | dtypes(DType::uint32).bits) &
                            ~dtypes(DType::tfloat32).bits};

}  // namespace

void Exponential::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kTo, .columns = true}, dst);
  v.tile({.name = "src", .dtypes = kFrom, .columns = true}, src);
  v.scalar({.name = "max_value", .need = Need::optional}, max_value);
  v.tile({.name = "reduce_res", .touch = Touch::write, .dtypes = kResults, .need = Need::optional},
         reduce_res);
  v.choice({.name = "reduce_cmd", .need = Need::optional}, reduce_cmd);
  v.scalar({.name = "reduce_init", .need = Need::optional}, reduce_init);
}

void Exponential::check(const CheckContext& context) const {
  require_same_size("src", src, "dst", dst);
  require_lane_operand("max_value", max_value, "src", src);
  require_lane_operand("reduce_init", reduce_init, "src", src);
  check_reduce_result(reduce_res, src);
  if (reduce_cmd == ReduceCmd::reset) {
    refuse("reduce_cmd", "must be idle, reset_reduce, reduce or load_reduce", "use reset_reduce");
  }
  const bool unset = !reduce_init.present() ||
                     (reduce_init.kind == ScalarOperand::Kind::number && reduce_init.number == 0.0);
  if (reduce_cmd != ReduceCmd::load_reduce && !unset) {
    refuse("reduce_init", "is for reduce_cmd=load_reduce", "leave it out");
  }
  check_scatter(context, dst, "src", src);
}

void Exponential::execute(CoreState& core, Engine engine) const {
  const LaneValues largest(core, max_value);
  const Rows from = core.access(src, Touch::read);
  LaneReduction reduction(core, engine, AluOp::add, reduce_cmd, reduce_res, from.partitions,
                          reduce_init);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  float* x = core.scratch(0, groups.floats());
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    load_rows(from, first, n, x);
    lane_alu(core, 1, AluOp::subtract, largest, false, first, n, count, x);
    apply_row(Function::exp, x, count, x);
    reduction.take(x, first, n, count);
    core.store_rows(to, first, n, x);
  });
  reduction.finish();
}

Cost Exponential::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles = static_cast<double>(dst.elements_per_partition()) *
                stride_cycles(machine, {&dst, &src}) /
                machine.vector.exponential_elements_per_cycle;
  work.lane_ops = dst.elements();
  work.extra_latency_ns = operand_latency_ns(machine, {&max_value});
  if (reduces(reduce_cmd, reduce_res)) work.extra_cycles = machine.vector.accumulate_cycles;
  Cost cost = vector_cost(machine, work);
  cost.lane_class = LaneClass::exponential;
  return cost;
}

}  // namespace trainyard
