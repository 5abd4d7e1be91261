// SPDX-License-Identifier: Apache-2.0
#include "program/dma_packets.h"

#include <algorithm>

namespace trainyard {
namespace {

double packet_ns(const Dma& dma, std::int64_t bytes, double ratio = 1.0) {
  return dma.packet_latency_ns +
         static_cast<double>(bytes) * 1e9 / (dma.engine_bandwidth_bytes_per_s * ratio);
}

}  // namespace

DmaTransfer packets_of(const DmaWork& work, bool from_hbm, const Machine& machine) {
  const Dma& dma = machine.dma;
  DmaTransfer transfer;
  transfer.bytes = work.payload_bytes;
  transfer.descriptors = work.descriptors;
  transfer.hardware_dge = work.dge == DgeMode::hwdge;
  transfer.software_ring = work.dge == DgeMode::swdge;
  transfer.trigger_ps = Time::from_ns(transfer.hardware_dge ? dma.hwdge_trigger_latency_ns
                                                            : dma.swdge_trigger_latency_ns)
                            .ps;
  transfer.stagger_ps =
      Time::from_ns(transfer.software_ring ? dma.swdge_stagger_ns : dma.hwdge_stagger_ns).ps;
  if (work.descriptors <= 0 || work.run_bytes <= 0) return transfer;
  const std::int64_t most = std::max<std::int64_t>(1, dma.packet_max_bytes);
  // Software gathers runs into whole packets, but where elements are cast or go one by one.
  const bool gathers = transfer.software_ring && !work.casts && !work.element_wise &&
                       !work.transpose && work.run_bytes < most;
  const std::int64_t run_bytes =
      gathers ? std::min(work.payload_bytes, most / work.run_bytes * work.run_bytes)
              : work.run_bytes;
  const std::int64_t whole = run_bytes / most;
  const std::int64_t rest = run_bytes % most;
  const std::int64_t packets = whole + (rest > 0 ? 1 : 0);
  // A transpose has a share of the bandwidth; a packet's own time stays.
  const double transposed =
      from_hbm ? dma.transpose_hbm_to_sbuf_ratio : dma.transpose_sbuf_to_sbuf_ratio;
  const double ratio = work.transpose && !work.element_wise && transposed > 0 ? transposed : 1.0;
  double run_ns = static_cast<double>(whole) * packet_ns(dma, most, ratio) +
                  (rest > 0 ? packet_ns(dma, rest, ratio) : 0.0);
  if (work.element_wise) run_ns = std::max(run_ns, dma.element_packet_latency_ns);
  const std::int64_t runs =
      gathers ? (work.payload_bytes + run_bytes - 1) / run_bytes : work.descriptors;
  transfer.packets = packets * runs;
  const double each_ns = run_ns / static_cast<double>(packets);
  transfer.packet_ps = Time::from_ns(each_ns).ps;
  transfer.packet_way_ps = transfer.packet_ps;
  if (from_hbm && !transfer.software_ring && !work.transpose && whole == 0 &&
      dma.short_read_wait_ns > 0) {
    transfer.gap_ps = Time::from_ns(dma.short_read_wait_ns).ps;
    transfer.ahead = dma.read_ahead_bytes / rest;
  }
  if (work.casts) {
    const double narrow = static_cast<double>(work.narrow_run_bytes) / static_cast<double>(packets);
    transfer.packet_way_ps =
        Time::from_ns(each_ns + packet_ns(dma, static_cast<std::int64_t>(narrow))).ps;
  }
  return transfer;
}

}  // namespace trainyard
