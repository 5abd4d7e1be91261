// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/dma_copy.h"

#include <fmt/format.h>

#include <tuple>

#include "isa/instructions/refuse.h"
#include "isa/instructions/row_walk.h"

namespace trainyard {

void DmaCopy::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .spaces = kSbufOrHbm}, dst);
  v.tile({.name = "src", .spaces = kSbufOrHbm}, src);
  v.integer({.name = "priority", .need = Need::optional}, priority);
  v.choice({.name = "oob_mode", .need = Need::optional}, oob_mode);
  v.choice({.name = "dge_mode", .need = Need::optional}, dge_mode);
}

void DmaCopy::check(const CheckContext& context) const {
  if (dst.elements() != src.elements()) {
    refuse("src",
           fmt::format("dst and src must have the same number of elements: {} is {}, {} is {}",
                       shape_text(dst), dst.elements(), shape_text(src), src.elements()),
           "slice the larger one");
  }
  if (dst.dtype != src.dtype && (is_packed(dst.dtype) || is_packed(src.dtype))) {
    refuse("src",
           fmt::format("packed formats are copied as they are: dst is {}, src is {}",
                       dtype_info(dst.dtype).name, dtype_info(src.dtype).name),
           "give both sides one dtype with .view(dtype)");
  }
  const bool gathers = chooses_rows(context, src);
  const bool scatters = chooses_rows(context, dst);
  for (const auto& [name, view, by_rows] :
       {std::tuple{"src", &src, gathers}, std::tuple{"dst", &dst, scatters}}) {
    if (by_rows && view->space != Space::hbm) {
      refuse(name, "rows chosen by an index tile must be in HBM",
             "nc_n_gather and local_gather choose elements in SBUF");
    }
  }
  const Engine queue = context.named_engine();
  if (queue != Engine::unknown && queue != Engine::dma &&
      (dge_mode != DgeMode::hwdge || (queue != Engine::sync && queue != Engine::scalar))) {
    refuse("engine", "only the queue of hwdge is named: that of the sync or the scalar engine",
           dge_mode == DgeMode::hwdge ? "use engine.sync or engine.scalar"
                                      : "leave it out, or use dge_mode.hwdge");
  }
  check_dge(context, dge_mode, gathers || scatters);
  if (dge_mode == DgeMode::none && (src.indirect != 0 || dst.indirect != 0)) {
    refuse("dge_mode", "descriptors made before the run cannot hold an address known only in it",
           "leave it out");
  }
  check_priority(context, priority);
}

void DmaCopy::execute(CoreState& core, Engine) const {
  const Rows from = core.access(src, Touch::read, oob_mode);
  const Rows to = core.access(dst, skips_rows(from) ? Touch::write_part : Touch::write, oob_mode);
  dma_move(to, from);
}

Cost DmaCopy::cost(const Machine& machine, Engine) const {
  return dma_cost(machine, dst, src, dge_mode);
}

}  // namespace trainyard
