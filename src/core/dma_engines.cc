// SPDX-License-Identifier: Apache-2.0
#include "core/dma_engines.h"

#include <algorithm>
#include <cmath>

namespace trainyard {
namespace {

// A core's tensors lie in the stack next to it: alone, it may use all of that stack.
double hbm_ps_per_byte(const Hbm& hbm) {
  return 1e12 * static_cast<double>(std::max<std::int64_t>(1, hbm.stacks)) /
         hbm.bandwidth_bytes_per_s;
}

}  // namespace

HbmStack::HbmStack(const Machine& machine) : ps_per_byte_(hbm_ps_per_byte(machine.hbm)) {}

Time HbmStack::carry(std::int64_t bytes, Time arrival) {
  free_ps_ =
      std::max(free_ps_, arrival.ps) + std::llround(static_cast<double>(bytes) * ps_per_byte_);
  return Time{free_ps_};
}

DmaEngines::DmaEngines(const Machine& machine, bool split, HbmStack& hbm)
    : free_ps_(static_cast<std::size_t>(std::max<std::int64_t>(1, machine.dma.engines)), 0),
      split_(split),
      semaphore_ps_(Time::from_ns(machine.dma.semaphore_packet_latency_ns).ps),
      completion_ps_(Time::from_ns(machine.dma.completion_latency_ns).ps),
      hbm_(hbm) {}

DmaEngines::Part DmaEngines::part(const DmaTransfer& transfer, std::int64_t packets) const {
  const std::int64_t gaps = std::max<std::int64_t>(0, packets - transfer.ahead);
  const std::int64_t hold_ps = packets * transfer.packet_ps + semaphore_ps_;
  return {packets, hold_ps, hold_ps + gaps * transfer.gap_ps};
}

DmaEngines::Carried DmaEngines::carry(const DmaTransfer& transfer, Time arrival) {
  const std::size_t engines = free_ps_.size();
  const std::size_t spread = split_ ? static_cast<std::size_t>(transfer.engines.count) : 1;
  const bool all = !split_ || spread == engines;
  const std::size_t start = all ? next_ : static_cast<std::size_t>(transfer.engines.first);
  const std::int64_t each = transfer.packets / static_cast<std::int64_t>(spread);
  const auto rest = static_cast<std::size_t>(transfer.packets) % spread;
  if (transfer.software_ring) arrival = later(arrival, ring_free_);
  const Part less = part(transfer, each), more = part(transfer, each + 1);
  std::int64_t first = INT64_MAX, last = arrival.ps, busy = 0, bell = arrival.ps;
  for (std::size_t i = 0, engine = start % engines; i < spread; ++i) {
    const Part& mine = i < rest ? more : less;
    std::int64_t& free = free_ps_[engine];
    const std::int64_t begin = std::max(free, bell);
    free = begin + mine.until_free_ps;
    busy += mine.hold_ps;
    if (mine.packets > 0) first = std::min(first, begin);
    last = std::max(last, free);
    bell += transfer.stagger_ps;
    if (++engine == engines) engine = 0;
  }
  if (all) next_ = (next_ + (split_ ? rest : 1)) % engines;
  last = std::max(last, hbm_.carry(transfer.hbm_read_bytes + transfer.hbm_write_bytes, arrival).ps);
  if (transfer.software_ring) ring_free_ = Time{last};
  busy_ps_ += busy;
  return {Time{std::min(first, last)}, Time{last}, Time{last + completion_ps_}, Time{busy}};
}

Time DmaEngines::busy() const {
  return Time{busy_ps_ / static_cast<std::int64_t>(free_ps_.size())};
}

}  // namespace trainyard
