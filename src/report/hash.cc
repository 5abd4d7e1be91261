// SPDX-License-Identifier: Apache-2.0
#include "report/hash.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

namespace trainyard {

void Hash::add(std::uint64_t word) {
  // The finaliser of SplitMix64 (Steele, Lea, Flood 2014) over state and word.
  std::uint64_t z = (state_ ^ word) + 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  state_ = z ^ (z >> 31);
}

void Hash::add(double number) {
  add(std::bit_cast<std::uint64_t>(number));
}

void Hash::add_bytes(const std::byte* data, std::size_t size) {
  for (std::size_t i = 0; i < size; i += 8) {
    std::uint64_t word = 0;  // little-endian whatever the host is
    const std::size_t n = std::min<std::size_t>(8, size - i);
    for (std::size_t b = 0; b < n; ++b)
      word |= std::to_integer<std::uint64_t>(data[i + b]) << 8 * b;
    add(word);
  }
  add(static_cast<std::uint64_t>(size));
}

std::uint64_t hash_bytes(const std::byte* data, std::size_t size) {
  Hash hash;
  hash.add_bytes(data, size);
  return hash.value();
}

std::uint64_t hash_run(std::uint64_t reading_hash, std::uint64_t values_hash) {
  Hash hash;
  hash.add(reading_hash);
  hash.add(values_hash);
  return hash.value();
}

std::uint64_t hash_run(const Timeline& timeline, const EnergyReport& energy,
                       std::uint64_t values_hash) {
  return hash_run(hash_reading(timeline, energy), values_hash);
}

std::uint64_t hash_reading(const Timeline& timeline, const EnergyReport& energy) {
  Hash hash;
  hash.add(timeline.total);
  for (const Span& span : timeline.spans) {
    hash.add(span.queued);
    hash.add(span.start);
    hash.add(span.busy_end);
    hash.add(span.end);
    hash.add(static_cast<std::uint64_t>(span.engine) << 40 |
             static_cast<std::uint64_t>(span.reason) << 32 | span.waited_for);
    hash.add(span.transfer);
  }
  for (const auto& queue : timeline.order) {
    hash.add(static_cast<std::uint64_t>(queue.size()));
    for (const std::uint32_t i : queue) hash.add(i);
  }
  for (const Transfer& transfer : timeline.transfers) {
    hash.add(static_cast<std::uint64_t>(transfer.queue) << 32 | transfer.instruction);
    hash.add(transfer.first_packet);
    hash.add(transfer.last_packet);
    hash.add(transfer.complete);
    hash.add(transfer.bytes);
    hash.add(transfer.hbm_read_bytes);
    hash.add(transfer.hbm_write_bytes);
    hash.add(transfer.descriptors);
    hash.add(transfer.engine_busy);
  }
  for (const ClockPhase& phase : timeline.tensor_clock) {
    hash.add(phase.start);
    hash.add(phase.share);
  }
  for (const Time busy : timeline.busy) hash.add(busy);
  for (const Placed& placed : timeline.placement.tensors) {
    hash.add(static_cast<std::int64_t>(placed.partition));
    hash.add(placed.byte);
  }
  for (const ComponentEnergy& component : energy.components) {
    hash.add(component.fj);
    for (const std::int64_t fj : component.window_fj) hash.add(fj);
  }
  return hash.value();
}

std::string hash_text(std::uint64_t hash) {
  return fmt::format("{:016x}", hash);
}

}  // namespace trainyard
