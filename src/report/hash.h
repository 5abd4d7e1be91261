// SPDX-License-Identifier: Apache-2.0
// One number that is equal exactly when values, timeline and joules are: what determinism tests
// compare. The same on every host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/neuron_core.h"
#include "core/timeline.h"
#include "energy/energy_report.h"

namespace trainyard {

class Hash {
 public:
  void add(std::uint64_t word);
  void add(std::int64_t word) { add(static_cast<std::uint64_t>(word)); }
  void add(std::uint32_t word) { add(static_cast<std::uint64_t>(word)); }
  void add(double number);  // by its bits
  void add(Time time) { add(time.ps); }
  void add_bytes(const std::byte* data, std::size_t size);

  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0x74726169'6e796172;
};

std::uint64_t hash_bytes(const std::byte* data, std::size_t size);

// Of timeline and joules alone, which are the same for every replay.
std::uint64_t hash_reading(const Timeline& timeline, const EnergyReport& energy);

// `values_hash`: of the output values, by hash_outputs of core/replay.h.
std::uint64_t hash_run(std::uint64_t reading_hash, std::uint64_t values_hash);
std::uint64_t hash_run(const Timeline& timeline, const EnergyReport& energy,
                       std::uint64_t values_hash);

// 16 hexadecimal digits.
std::string hash_text(std::uint64_t hash);

}  // namespace trainyard
