// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/tensor_copy.h"

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/operand_rules.h"

namespace trainyard {

void TensorCopy::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .columns = true}, dst);
  v.tile({.name = "src", .columns = true}, src);
}

EngineSet TensorCopy::engines(const Machine& machine) const {
  EngineSet set = EngineSet::of(Engine::vector);
  const bool scatters_to_psum = dst.columns && in_psum(dst);
  if (machine.generation != Generation::gen2 && !scatters_to_psum) set = set | Engine::scalar;
  const bool indirect = dst.columns || src.columns;
  if (!any_in_psum({&dst, &src}) && !indirect) set = set | Engine::gpsimd;
  return set;
}

// On gen2 no kernel may ask for ScalarE, but AWS's compiler gives it copies, as activations: in the
// profile of NKIBench's add_rmsnorm_matmul (zhang677/AccelOpt) it is active for longer than
// VectorE.
EngineSet TensorCopy::automatic_engines(const Machine& machine) const {
  const EngineSet set = engines(machine);
  const bool as_activation = machine.generation == Generation::gen2 && is_floating(dst.dtype) &&
                             is_floating(src.dtype) && !dst.columns && !src.columns;
  return as_activation ? set | Engine::scalar : set;
}

void TensorCopy::check(const CheckContext& context) const {
  require_same_size("dst", dst, "src", src);
  if (is_packed(dst.dtype) || is_packed(src.dtype)) require_same_dtype("dst", dst, "src", src);
  check_scatter(context, dst, "src", src);
}

void TensorCopy::execute(CoreState& core, Engine) const {
  const Rows from = core.access(src, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  if (dst.dtype == src.dtype) {
    auto* raw = reinterpret_cast<std::byte*>(core.scratch(0, groups.floats()));
    groups.each([&](std::int32_t first, std::int32_t n, std::size_t) {
      load_rows_raw(from, first, n, raw);
      store_rows_raw(to, first, n, raw);
    });
  } else if (is_integer(dst.dtype) && is_integer(src.dtype)) {
    auto* values = reinterpret_cast<std::int64_t*>(core.scratch(0, 2 * groups.floats()));
    groups.each([&](std::int32_t first, std::int32_t n, std::size_t) {
      load_rows_int(from, first, n, values);
      core.store_rows_int(to, first, n, values);
    });
  } else {
    float* x = core.scratch(0, groups.floats());
    groups.each([&](std::int32_t first, std::int32_t n, std::size_t) {
      load_rows(from, first, n, x);
      core.store_rows(to, first, n, x);
    });
  }
}

Cost TensorCopy::cost(const Machine& machine, Engine engine) const {
  EngineWork work;
  work.cycles = static_cast<double>(dst.elements_per_partition()) *
                stride_cycles(machine, {&dst, &src}) / copy_speedup(machine, engine, dst, src);
  work.lane_ops = dst.elements();
  return engine_cost(machine, engine, work);
}

}  // namespace trainyard
