// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/dma_compute.h"

#include <fmt/format.h>

#include <array>

#include "isa/instructions/refuse.h"
#include "isa/instructions/row_walk.h"
#include "numerics/alu.h"

namespace trainyard {

void DmaCompute::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .spaces = kSbufOrHbm}, dst);
  v.tiles({.name = "srcs", .spaces = kSbufOrHbm}, srcs);
  v.choice({.name = "reduce_op"}, reduce_op);
  v.numbers({.name = "scales", .need = Need::optional}, scales);
  v.flag({.name = "unique_indices", .need = Need::optional}, unique_indices);
  v.choice({.name = "oob_mode", .need = Need::optional}, oob_mode);
}

void DmaCompute::check(const CheckContext& context) const {
  if (srcs.size == 0) {
    refuse("srcs", "at least one source is needed", "give 1 to 16 tiles");
  }
  if (reduce_op != AluOp::add) {
    refuse("reduce_op", fmt::format("only add is supported, not {}", alu_op_name(reduce_op)),
           "use nl.add, or a compute engine");
  }
  bool indirect = chooses_rows(context, dst);
  for (int i = 0; i < srcs.size; ++i) {
    const View& src = srcs.views[i];
    if (src.elements() != dst.elements()) {
      refuse("srcs",
             fmt::format("every source must have the {} elements of dst {}: srcs[{}] is {}, {}",
                         dst.elements(), shape_text(dst), i, shape_text(src), src.elements()),
             "slice the larger one");
    }
    if (is_packed(src.dtype) || is_packed(dst.dtype)) {
      refuse("srcs", "packed formats cannot be added", "use unpacked dtypes");
    }
    indirect = chooses_rows(context, src) || indirect;
  }
  if (scales.size != 0) {
    if (scales.size != srcs.size) {
      refuse("scales",
             fmt::format("one scale per source: {} scales, {} sources", scales.size, srcs.size),
             "leave scales out");
    }
    // 0.6 has 1.0 alone; the releases before it scaled, which costs the engines nothing.
    for (int i = 0; indirect && i < scales.size; ++i) {
      if (scales.values[i] != 1.0) {
        refuse("scales",
               fmt::format("all must be 1.0 with indices, scales[{}] is {}", i, scales.values[i]),
               "scale on a compute engine first");
      }
    }
  }
  if (indirect) {
    if (srcs.size != 2) {
      refuse("srcs", fmt::format("with indices there are exactly two sources, not {}", srcs.size),
             "one tile of data and the tile that is updated");
    }
    if (srcs.views[0].tensor != dst.tensor && srcs.views[1].tensor != dst.tensor) {
      refuse("srcs", "with indices one of the sources is dst itself",
             "it adds into dst: srcs=[data, dst]");
    }
    for (int i = 0; i < srcs.size; ++i) {
      if (srcs.views[i].partitions() != dst.partitions()) {
        refuse("srcs",
               fmt::format("with indices every operand has the same rows: srcs[{}] is {}, dst {}",
                           i, shape_text(srcs.views[i]), shape_text(dst)),
               "reshape it");
      }
    }
  }
}

void DmaCompute::execute(CoreState& core, Engine) const {
  std::array<Rows, ViewList::kCapacity> from;
  bool by_row = true, skips = false;
  for (int i = 0; i < srcs.size; ++i) {
    from[i] = core.access(srcs.views[i], Touch::read, oob_mode);
    by_row = by_row && srcs.views[i].partitions() == dst.partitions();
    skips = skips || skips_rows(from[i]);
  }
  const Rows to = core.access(dst, skips ? Touch::write_part : Touch::write, oob_mode);
  // An index for the whole of a source leaves out all of its rows, so nothing has a sum.
  if (skips && !by_row) return;
  // Row by row where the shapes allow it: a row chosen twice is then added to twice.
  const std::int32_t rows = by_row ? to.partitions : 1;
  const auto count = static_cast<std::size_t>(dst.elements() / rows);
  float* sum = core.scratch(0, count);
  float* next = core.scratch(1, count);
  for (std::int32_t p = 0; p < rows; ++p) {
    const auto end = [&](const Rows& r) { return by_row ? p + 1 : r.partitions; };
    bool skipped = by_row && to.skipped(p);
    for (int i = 0; i < srcs.size; ++i) skipped = skipped || (by_row && from[i].skipped(p));
    if (skipped) continue;
    const auto load = [&](int i, float* out) {
      dma_load(from[i], p, end(from[i]), out);
      if (scales.size == 0 || scales.values[i] == 1.0) return;
      alu_row_scalar(AluOp::multiply, out, static_cast<float>(scales.values[i]), false, count, out);
    };
    load(0, sum);
    for (int i = 1; i < srcs.size; ++i) {
      load(i, next);
      alu_row(AluOp::add, sum, next, count, sum);
    }
    dma_store(to, p, end(to), sum);
  }
}

Cost DmaCompute::cost(const Machine& machine, Engine) const {
  bool indirect = dst.indirect != 0;
  for (int i = 0; i < srcs.size; ++i) indirect = indirect || srcs.views[i].indirect != 0;
  const DgeMode dge = indirect ? DgeMode::swdge : DgeMode::none;
  Cost cost = dma_cost(machine, dst, srcs.views[0], dge);
  for (int i = 1; i < srcs.size; ++i) {
    const Cost more = dma_cost(machine, dst, srcs.views[i], dge);
    cost.dma.payload_bytes += more.dma.payload_bytes;
    cost.dma.descriptors += more.dma.descriptors;
    cost.dma.run_bytes = std::min(cost.dma.run_bytes, more.dma.run_bytes);
    cost.dma.element_wise = cost.dma.element_wise || more.dma.element_wise;
    cost.latency += more.latency - more.occupancy;
  }
  cost.dma.indirect = indirect;
  cost.dma.read_modify_write = indirect;
  return cost;
}

}  // namespace trainyard
