// SPDX-License-Identifier: Apache-2.0
// The energy reading of a Program: every event of its timeline to joules by the machine's energy
// model (Machine::energy; docs/energy.md has the model and its calibration). No wattage of a
// Trainium was ever published: absolute joules and watts are good to kEnergyErrorPercent, ratios
// between machines to kEnergyRatioErrorPercent.
//
// The model's standing power is that of a chip. One core is simulated, so it bears 1/cores of it:
// of `idle` (leakage, refresh, PLLs) all the time, of `active` (clock trees, sequencers) while any
// instruction or transfer is in flight. All joules are at the package, before regulator losses.
//
// Sums are whole femtojoules in a fixed order: the same timeline gives the same bits.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/timeline.h"
#include "energy/windows.h"
#include "isa/traffic.h"

namespace trainyard {

inline constexpr int kEnergyErrorPercent = 30, kEnergyRatioErrorPercent = 15;

enum class Component : std::uint8_t {
  tensor_macs,
  weight_load,
  sbuf,
  psum,
  vector,  // lane operations, without the bytes they move
  scalar,
  gpsimd,
  hbm,
  network,   // DMA engines and on-chip network
  link,      // one end of the chip's links
  dispatch,  // instructions and descriptors
  idle,
  active,
};
inline constexpr int kComponentCount = 13;
inline constexpr int kMacClassCount = 5;
inline constexpr int kLaneClassCount = 6;

std::string_view component_key(Component component);    // "tensor_macs"
std::string_view component_title(Component component);  // "TensorE MACs"

struct ComponentEnergy {
  std::int64_t fj = 0;
  double peak_w = 0;                    // in one of EnergyReport::windows
  std::vector<std::int64_t> window_fj;  // by window

  double joules() const { return static_cast<double>(fj) * 1e-15; }
};

// What was counted, for the report.
struct EventCounts {
  std::array<std::int64_t, kMacClassCount> work_macs{};    // by MacClass: products of the kernel's
  std::array<std::int64_t, kMacClassCount> moving_macs{};  // transposes through the array
  std::array<std::int64_t, kLaneClassCount> lane_ops{};    // by LaneClass
  std::int64_t weight_bytes = 0;
  Traffic traffic;  // hbm: of the transfers, descriptors' overhead included
  std::int64_t network_bytes = 0;
  Exchange exchange;  // of collectives
  std::int64_t instructions = 0;
  std::int64_t descriptors = 0;
};

struct EnergyReport {
  Time total;
  std::array<ComponentEnergy, kComponentCount> components;
  std::int64_t fj = 0;
  std::int64_t zero_data_fj = 0;
  // What collectives take beside the chip, in switches and network cards: in no sum above.
  std::int64_t switch_fj = 0, efa_fj = 0;
  double peak_w = 0;                  // of all components together, in one window
  double regulator_efficiency = 1.0;  // board input = package / this
  WindowGrid windows;                 // Perfetto's watts, and what `peak` means
  EventCounts counts;
  std::vector<std::int64_t> instruction_fj;  // by stream index; without idle and active

  const ComponentEnergy& operator[](Component c) const {
    return components[static_cast<std::size_t>(c)];
  }
  double joules() const { return static_cast<double>(fj) * 1e-15; }
  // If the products' operands were mostly zeros (Energy::zero_data_ratio); fj is for dense data.
  double joules_of_zero_data() const { return static_cast<double>(zero_data_fj) * 1e-15; }
  double board_joules() const { return joules() / regulator_efficiency; }
  double average_w() const { return watts_of(fj); }
  double average_w(Component c) const { return watts_of((*this)[c].fj); }
  // Of all components in window `i`.
  double window_w(std::size_t i) const;
  double window_w(std::size_t i, Component c) const;

 private:
  double watts_of(std::int64_t of_fj) const {
    return total.ps == 0 ? 0.0 : static_cast<double>(of_fj) * 1e-3 / static_cast<double>(total.ps);
  }
};

EnergyReport account_energy(const Program& program, const Timeline& timeline,
                            const Machine& machine);

}  // namespace trainyard
