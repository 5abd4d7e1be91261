// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/reciprocal.h"

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/operand_rules.h"

namespace trainyard {

void Reciprocal::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes}, dst);
  v.tile({.name = "data", .dtypes = kValueDTypes}, data);
}

void Reciprocal::check(const CheckContext&) const {
  require_same_size("data", data, "dst", dst);
}

void Reciprocal::execute(CoreState& core, Engine) const {
  const Rows from = core.access(data, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  float* x = core.scratch(0, groups.floats());
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    load_rows(from, first, n, x);
    apply_row(Function::reciprocal, x, count, x);
    core.store_rows(to, first, n, x);
  });
}

Cost Reciprocal::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles = static_cast<double>(dst.elements_per_partition()) *
                machine.vector.reciprocal_cycles_per_element *
                stride_cycles(machine, {&dst, &data});
  work.lane_ops = dst.elements();
  return vector_cost(machine, work);
}

}  // namespace trainyard
