// SPDX-License-Identifier: Apache-2.0
#include "program/dma_packets.h"

#include <algorithm>

namespace trainyard {
namespace {

double packet_ns(const Dma& dma, std::int64_t bytes) {
  return dma.packet_latency_ns +
         static_cast<double>(bytes) * 1e9 / dma.engine_bandwidth_bytes_per_s;
}

}  // namespace

DmaTransfer packets_of(const DmaWork& work, bool from_hbm, const Machine& machine) {
  const Dma& dma = machine.dma;
  DmaTransfer transfer;
  transfer.bytes = work.payload_bytes;
  transfer.descriptors = work.descriptors;
  transfer.hardware_dge = work.dge == DgeMode::hwdge;
  transfer.trigger_ps = Time::from_ns(transfer.hardware_dge ? dma.hwdge_trigger_latency_ns
                                                            : dma.swdge_trigger_latency_ns)
                            .ps;
  if (work.descriptors <= 0 || work.run_bytes <= 0) return transfer;
  const std::int64_t most = std::max<std::int64_t>(1, dma.packet_max_bytes);
  const std::int64_t whole = work.run_bytes / most;
  const std::int64_t rest = work.run_bytes % most;
  const std::int64_t packets = whole + (rest > 0 ? 1 : 0);
  double run_ns =
      static_cast<double>(whole) * packet_ns(dma, most) + (rest > 0 ? packet_ns(dma, rest) : 0.0);
  if (work.element_wise) run_ns = std::max(run_ns, dma.element_packet_latency_ns);
  if (work.transpose && !work.element_wise) {
    const double ratio =
        from_hbm ? dma.transpose_hbm_to_sbuf_ratio : dma.transpose_sbuf_to_sbuf_ratio;
    if (ratio > 0) run_ns /= ratio;
  }
  transfer.packets = packets * work.descriptors;
  transfer.packet_ps = Time::from_ns(run_ns / static_cast<double>(packets)).ps;
  return transfer;
}

}  // namespace trainyard
