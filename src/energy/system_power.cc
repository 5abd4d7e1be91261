// SPDX-License-Identifier: Apache-2.0
#include "energy/system_power.h"

#include <algorithm>

#include <fmt/format.h>

namespace trainyard {

ChipRun chip_run(const Machine& machine, double seconds, double joules, double standing_j,
                 double hbm_bytes) {
  ChipRun run;
  run.cores = machine.chip.cores;
  run.regulator_efficiency = machine.energy.regulator_efficiency;
  if (seconds <= 0) return run;
  const auto cores = static_cast<double>(run.cores);
  run.slowdown = std::max(1.0, hbm_bytes * cores / seconds / machine.hbm.bandwidth_bytes_per_s);
  run.seconds = seconds * run.slowdown;
  run.joules = cores * (joules + standing_j * (run.slowdown - 1));
  return run;
}

ChipRun chip_run(const EnergyReport& energy, const Machine& machine) {
  const double standing_j = energy[Component::idle].joules() + energy[Component::active].joules();
  const Traffic& traffic = energy.counts.traffic;
  ChipRun run = chip_run(machine, energy.total.seconds(), energy.joules(), standing_j,
                         static_cast<double>(traffic.hbm_read_bytes + traffic.hbm_write_bytes));
  run.efa_joules = static_cast<double>(run.cores * energy.efa_fj) * 1e-15;
  return run;
}

std::optional<UltraServerPower> ultraserver_power(const Machine& machine, double chip_w,
                                                  double efa_w_of_chip) {
  if (machine.link.ultraserver_chips == 0) return std::nullopt;
  const UltraServer& around = machine.ultraserver;
  const auto of = [](std::int64_t count, double watts) {
    return static_cast<double>(count) * watts;
  };
  UltraServerPower power;
  power.chips = machine.link.ultraserver_chips;
  power.chips_w = of(power.chips, chip_w);
  power.hosts_w = of(around.hosts, around.host_w);
  power.network_w =
      of(around.network_ports, machine.energy.efa_port_w) + of(power.chips, efa_w_of_chip);
  power.switches_w = of(around.sled_switches, around.sled_switch_w) +
                     of(around.rack_switches, around.rack_switch_w);
  const double cooled_w = power.chips_w + power.hosts_w + power.network_w + power.switches_w;
  power.cooling_w = cooled_w * around.cooling_ratio;
  power.supplies_w = (cooled_w + power.cooling_w) * (1 / around.supply_efficiency - 1);
  power.regulators_w = power.chips_w * (1 / machine.energy.regulator_efficiency - 1);
  power.pue = around.pue;
  return power;
}

std::vector<std::string> energy_assumptions(const Machine& machine) {
  std::vector<std::string> list = {
      "no wattage of a Trainium was ever measured in public: the constants of [energy] are assumed",
      fmt::format("a core bears 1/{} of the chip's idle and active power", machine.chip.cores),
      "operands are dense: products of mostly zeros would cost less",
      "chip: all cores run this at the same time, and share the HBM evenly",
  };
  if (machine.link.ultraserver_chips > 0) {
    list.emplace_back(
        "UltraServer: all chips run this at the same time; hosts, network, switches, cooling, "
        "power "
        "supplies and PUE are assumed, and chips count at their package");
  }
  return list;
}

}  // namespace trainyard
