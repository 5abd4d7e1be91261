// SPDX-License-Identifier: Apache-2.0
#include "cluster/step.h"

namespace trainyard {

void add_standing(const System& system, double chip_s, double active_chip_s, StepEnergy& energy) {
  const Surroundings& around = system.surroundings;
  energy.idle_j = chip_s * system.chip.idle_w;
  energy.active_j = active_chip_s * system.chip.active_w;
  energy.host_j = chip_s * around.host_w;
  energy.network_j = chip_s * around.network_w;
  energy.switch_j = chip_s * around.switch_w;
  const double load = energy.chips_j() + energy.host_j + energy.network_j + energy.switch_j;
  energy.cooling_j = load * around.cooling_ratio;
  energy.supply_j = (load + energy.cooling_j) * (1 / around.supply_efficiency - 1);
  energy.facility_j = (load + energy.cooling_j + energy.supply_j) * (around.pue - 1);
}

}  // namespace trainyard
