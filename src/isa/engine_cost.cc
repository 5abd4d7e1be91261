// SPDX-License-Identifier: Apache-2.0
#include "isa/engine_cost.h"

#include <algorithm>
#include <cstdlib>

namespace trainyard {
namespace {

struct Fixed {
  double min_issue_cycles = 0, issue_overhead_ns = 0, latency_ns = 0;
};

Cost cost_of(double clock_hz, const Fixed& fixed, const EngineWork& work, LaneClass lane_class) {
  Cost cost;
  const Time elements = Time::from_cycles(work.cycles + work.extra_cycles, clock_hz);
  cost.occupancy = later(Time::from_cycles(fixed.min_issue_cycles + work.extra_cycles, clock_hz),
                         Time::from_ns(fixed.issue_overhead_ns) + elements);
  cost.latency = Time::from_ns(fixed.latency_ns + work.extra_latency_ns) + elements;
  cost.lane_class = lane_class;
  cost.lane_ops = work.lane_ops;
  return cost;
}

// Step of the innermost free dimension with more than one element; 1 if there is none.
std::int64_t inner_step(const View& view) {
  for (int d = view.rank - 1; d >= 1; --d) {
    if (view.dims[d].count > 1) return view.dims[d].step;
  }
  return 1;
}

}  // namespace

Cost vector_cost(const Machine& machine, const EngineWork& work) {
  const VectorEngine& e = machine.vector;
  return cost_of(e.clock_hz, {e.min_issue_cycles, e.issue_overhead_ns, e.fixed_latency_ns}, work,
                 LaneClass::vector);
}

Cost scalar_cost(const Machine& machine, const EngineWork& work) {
  const ScalarEngine& e = machine.scalar;
  return cost_of(e.clock_hz, {e.min_issue_cycles, e.issue_overhead_ns, e.fixed_latency_ns}, work,
                 LaneClass::scalar);
}

Cost gpsimd_cost(const Machine& machine, const EngineWork& work) {
  const GpSimdEngine& e = machine.gpsimd;
  EngineWork with_fixed = work;
  with_fixed.cycles *= static_cast<double>(machine.core.partitions) / e.elements_per_cycle;
  with_fixed.cycles += e.fixed_latency_cycles;
  return cost_of(e.clock_hz, {}, with_fixed, LaneClass::gpsimd);
}

Cost engine_cost(const Machine& machine, Engine engine, const EngineWork& work) {
  return engine == Engine::scalar   ? scalar_cost(machine, work)
         : engine == Engine::gpsimd ? gpsimd_cost(machine, work)
                                    : vector_cost(machine, work);
}

double stride_cycles(const Machine& machine, std::initializer_list<const View*> views) {
  const bool wide = std::any_of(views.begin(), views.end(), [&](const View* v) {
    return v->present() && v->space == Space::sbuf &&
           std::llabs(inner_step(*v)) * static_cast<std::int64_t>(dtype_bytes(v->dtype)) >
               machine.sbuf.stride_limit_bytes;
  });
  return wide ? 1.0 / machine.sbuf.stride_bandwidth_ratio : 1.0;
}

bool contiguous(const View& view) {
  return inner_step(view) == 1;
}

double copy_speedup(const Machine& machine, Engine engine, const View& dst, const View& src) {
  if (engine == Engine::gpsimd) return 1.0;
  if (dst.space != Space::sbuf || src.space != Space::sbuf) return 1.0;
  if (!contiguous(dst) || !contiguous(src)) return 1.0;
  const bool narrow = dtype_bytes(dst.dtype) == 2 && dtype_bytes(src.dtype) == 2;
  if (engine == Engine::scalar) return narrow ? machine.scalar.copy_speedup_16bit : 1.0;
  if (narrow) return machine.vector.copy_speedup_16bit;
  const bool eligible = dst.dtype == DType::float32 && src.dtype == DType::float32;
  return eligible ? machine.vector.copy_speedup : 1.0;
}

double operand_latency_ns(const Machine& machine,
                          std::initializer_list<const ScalarOperand*> operands) {
  const bool tile = std::any_of(operands.begin(), operands.end(), [](const ScalarOperand* o) {
    return o->kind == ScalarOperand::Kind::tile;
  });
  return tile ? machine.vector.operand_latency_ns : 0.0;
}

}  // namespace trainyard
