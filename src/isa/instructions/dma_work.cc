// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/dma_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "isa/instructions/refuse.h"

namespace trainyard {
namespace {

// Elements in a row, in row-major order, that lie side by side in memory.
std::int64_t contiguous_elements(const View& view) {
  const int outermost = on_chip(view.space) || view.indirect != 0 ? 1 : 0;
  std::int64_t run = 1;
  for (int d = view.rank - 1; d >= outermost; --d) {
    if (view.dims[d].count == 1) continue;
    if (view.dims[d].step != run) break;
    run *= view.dims[d].count;
  }
  return run;
}

// What the compiler would choose: gathers need software descriptors; hardware makes the others
// where there is some (nki-dge.rst).
DgeMode resolve_dge(const Machine& machine, DgeMode asked, bool indirect) {
  if (asked != DgeMode::unknown) return asked;
  if (indirect) return DgeMode::swdge;
  return machine.dma.hardware_dges > 0 ? DgeMode::hwdge : DgeMode::none;
}

}  // namespace

void check_priority(const CheckContext& context, std::int64_t priority) {
  if (priority == kNoPriority) return;
  if (priority < 0 || priority > 3) {
    refuse("priority", fmt::format("must be 0 to 3, not {}", priority), "0 is the highest");
  }
  require_generation(context, Generation::gen4, "priority", "a DMA priority");
}

void check_dge(const CheckContext& context, DgeMode mode, bool indirect) {
  if (mode == DgeMode::hwdge) {
    if (context.machine().dma.hardware_dges == 0) {
      require_generation(context, Generation::gen3, "dge_mode", "hardware descriptor generation");
    }
    if (indirect) {
      refuse("dge_mode", "hwdge cannot gather or scatter rows by a vector of indices",
             "use dge_mode.swdge or leave it out");
    }
  }
  if (mode == DgeMode::none && indirect) {
    refuse("dge_mode", "descriptors made before the run cannot hold indices known only in it",
           "use dge_mode.swdge or leave it out");
  }
}

bool chooses_rows(const CheckContext& context, const View& view) {
  return view.indirect != 0 && context.indirect(view).kind == IndirectKind::vector_rows;
}

Cost dma_cost(const Machine& machine, const View& dst, const View& src, DgeMode dge) {
  const auto element_bytes =
      static_cast<std::int64_t>(std::max(dtype_bytes(dst.dtype), dtype_bytes(src.dtype)));
  const std::int64_t elements = dst.elements();
  const std::int64_t run = std::gcd(contiguous_elements(dst), contiguous_elements(src));
  const Dma& dma = machine.dma;
  Cost cost;
  cost.is_dma = true;
  cost.dma.payload_bytes = elements * element_bytes;
  cost.dma.run_bytes = run * element_bytes;
  cost.dma.narrow_run_bytes =
      run * static_cast<std::int64_t>(std::min(dtype_bytes(dst.dtype), dtype_bytes(src.dtype)));
  cost.dma.casts = dst.dtype != src.dtype;
  cost.dma.descriptors = run == 0 ? 0 : elements / run;
  cost.dma.element_wise =
      run == 1 && std::max(dst.elements_per_partition(), src.elements_per_partition()) > 1;
  cost.dma.indirect = dst.indirect != 0 || src.indirect != 0;
  cost.dma.dge = resolve_dge(machine, dge, cost.dma.indirect);
  const bool hardware = cost.dma.dge == DgeMode::hwdge;
  cost.occupancy = Time::from_ns(hardware                  ? dma.hwdge_issue_ns
                                 : dst.space == Space::hbm ? dma.swdge_store_issue_ns
                                                           : dma.swdge_issue_ns);
  // An estimate with all engines and no other traffic; the timing makes the packets.
  const double packet_ns =
      cost.dma.element_wise ? dma.element_packet_latency_ns : dma.packet_latency_ns;
  const double engines = static_cast<double>(std::max<std::int64_t>(1, dma.engines));
  const double transfer_ns =
      packet_ns * static_cast<double>(cost.dma.descriptors) / engines +
      static_cast<double>(cost.dma.payload_bytes) * 1e9 / dma.core_bandwidth_bytes_per_s();
  cost.latency =
      later(cost.occupancy,
            Time::from_ns((hardware ? dma.hwdge_trigger_latency_ns : dma.swdge_trigger_latency_ns) +
                          transfer_ns + dma.completion_latency_ns));
  return cost;
}

}  // namespace trainyard
