// SPDX-License-Identifier: Apache-2.0
// From one core to the chip, the UltraServer and the facility around it. What stands beside the
// chips (hosts, network ports, switches, cooling, power supplies, PUE) is machine data, all of it
// assumed: [ultraserver] in machines/*.toml.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "energy/energy_report.h"

namespace trainyard {

// All cores of a chip run the same at the same time. Where they want more of the HBM than there is,
// they all take `slowdown` times as long.
struct ChipRun {
  std::int64_t cores = 1;
  double slowdown = 1;
  double seconds = 0;
  double joules = 0;      // of all cores, at the package
  double efa_joules = 0;  // of their bits in the network cards, beside the chip
  double regulator_efficiency = 1;

  double watts() const { return seconds == 0 ? 0 : joules / seconds; }
  double efa_watts() const { return seconds == 0 ? 0 : efa_joules / seconds; }
  double board_watts() const { return watts() / regulator_efficiency; }
};

ChipRun chip_run(const EnergyReport& energy, const Machine& machine);
// The same from sums over a part of a run. `standing_j`: idle and active.
ChipRun chip_run(const Machine& machine, double seconds, double joules, double standing_j,
                 double hbm_bytes);

// All chips of an UltraServer do the same. Switches take what they take, whatever goes through.
// Chips count at their package; what the regulators on the boards lose is told apart, and is in no
// sum.
struct UltraServerPower {
  std::int64_t chips = 0;
  double chips_w = 0, hosts_w = 0, network_w = 0, switches_w = 0, cooling_w = 0, supplies_w = 0;
  double regulators_w = 0;
  double pue = 1;

  double it_w() const {
    return chips_w + hosts_w + network_w + switches_w + cooling_w + supplies_w;
  }
  double facility_w() const { return it_w() * pue; }
};

// Nothing for machines without an UltraServer.
std::optional<UltraServerPower> ultraserver_power(const Machine& machine, double chip_w,
                                                  double efa_w_of_chip = 0);
inline std::optional<UltraServerPower> ultraserver_power(const Machine& machine,
                                                         const ChipRun& chip) {
  return ultraserver_power(machine, chip.watts(), chip.efa_watts());
}

// What every figure of energy rests on, a sentence each.
std::vector<std::string> energy_assumptions(const Machine& machine);

}  // namespace trainyard
