// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/nc_transpose.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/engine_cost.h"
#include "isa/instructions/matmul_parts.h"
#include "isa/instructions/operand_rules.h"
#include "isa/instructions/refuse.h"

namespace trainyard {

void NcTranspose::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write}, dst);
  v.tile({.name = "data"}, data);
}

EngineSet NcTranspose::engines(const Machine& machine) const {
  const std::int64_t rows = data.partitions();
  const std::int64_t columns = data.elements_per_partition();
  EngineSet engines;
  if (data.space == Space::sbuf && dst.space == Space::psum && rows <= machine.tensor.rows &&
      columns <= machine.tensor.columns) {
    engines = engines | Engine::tensor;
  }
  // The Vector Engine's reshape banks hold one quadrant.
  if (std::max(rows, columns) <= machine.core.partition_quadrant) {
    engines = engines | Engine::vector;
  }
  return engines;
}

void NcTranspose::check(const CheckContext& context) const {
  const Machine& machine = context.machine();
  const std::int64_t rows = data.partitions();
  const std::int64_t columns = data.elements_per_partition();
  if (dst.partitions() != columns || dst.elements_per_partition() != rows) {
    refuse("dst",
           fmt::format("must have the transposed shape ({}, {}), not {}", columns, rows,
                       shape_text(dst)),
           fmt::format("data is {}", shape_text(data)));
  }
  if (dst.dtype != data.dtype && (!is_floating(dst.dtype) || !is_floating(data.dtype))) {
    require_same_dtype("dst", dst, "data", data);
  }
  if (!engines(machine).empty()) return;
  if (columns > machine.tensor.columns) {
    refuse("data",
           fmt::format("must have at most {} elements per partition, not {}",
                       machine.tensor.columns, columns),
           fmt::format("transpose tiles of {}", machine.tensor.columns));
  }
  refuse(data.space == Space::sbuf ? "dst" : "data",
         fmt::format("a tile larger than {0} x {0} is transposed from SBUF to PSUM",
                     machine.core.partition_quadrant),
         data.space == Space::sbuf ? "allocate dst in PSUM" : "copy data to SBUF first");
}

void NcTranspose::execute(CoreState& core, Engine) const {
  const Rows from = core.access(data, Touch::read);
  // In one memory they may be the same tile.
  store_transposed(core, core.access(dst, Touch::write), from, nullptr, data.space != dst.space);
}

Cost NcTranspose::cost(const Machine& machine, Engine engine) const {
  const std::int64_t rows = data.partitions();
  const std::int64_t columns = data.elements_per_partition();
  if (engine == Engine::tensor) {
    const bool wide = dtype_bytes(data.dtype) == 4;
    const TensorEngine& tensor = machine.tensor;
    const auto bytes = static_cast<std::int64_t>(dtype_bytes(data.dtype));
    ArrayWork work{.rows = rows, .columns = columns, .row_bytes = bytes, .column_bytes = bytes};
    work.fp32 = wide;
    if (wide) {
      work.cycles_per_row = tensor.fp32_cycles_per_row / tensor.fp32_passes;
      work.passes =
          machine.generation >= Generation::gen3 ? 1 : static_cast<int>(tensor.fp32_passes);
    }
    Cost cost = tensor_cost(machine, work);
    cost.macs = data.elements() * rows;
    cost.mac_class = wide ? MacClass::fp32 : MacClass::bf16;
    cost.weight_bytes = data.bytes();
    cost.only_moves = true;
    return cost;
  }
  return vector_cost(machine,
                     {.cycles = static_cast<double>(columns), .lane_ops = data.elements()});
}

}  // namespace trainyard
