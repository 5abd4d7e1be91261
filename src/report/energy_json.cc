// SPDX-License-Identifier: Apache-2.0
#include "report/energy_json.h"

namespace trainyard {
namespace {

void open(const char* key, JsonWriter& json) {
  json.key(key);
  json.begin_object();
}

void write_components(const EnergyReport& energy, JsonWriter& json) {
  open("components", json);
  for (int c = 0; c < kComponentCount; ++c) {
    const auto component = static_cast<Component>(c);
    json.key(component_key(component));
    json.begin_object();
    json.field("energy_j", energy[component].joules());
    json.field("average_w", energy.average_w(component));
    json.field("peak_w", energy[component].peak_w);
    json.end_object();
  }
  json.end_object();
}

void write_exchange(const EnergyReport& energy, JsonWriter& json) {
  const Exchange& exchange = energy.counts.exchange;
  open("collectives", json);
  json.field("bytes", exchange.bytes);
  json.field("link_bytes", exchange.link_bytes);
  json.field("switch_bytes", exchange.switch_bytes);
  json.field("efa_bytes", exchange.efa_bytes);
  json.field("switch_j_not_in_total", static_cast<double>(energy.switch_fj) * 1e-15);
  json.field("efa_j_not_in_total", static_cast<double>(energy.efa_fj) * 1e-15);
  json.end_object();
}

void write_chip(const ChipRun& chip, JsonWriter& json) {
  open("chip", json);
  json.field("cores", chip.cores);
  json.field("slowdown_by_shared_hbm", chip.slowdown);
  json.field("time_us", chip.seconds * 1e6);
  json.field("energy_j", chip.joules);
  json.field("average_w", chip.watts());
  json.field("board_input_w", chip.board_watts());
  json.end_object();
}

}  // namespace

void write_energy(const EnergyReport& energy, const Machine& machine, JsonWriter& json) {
  open("energy", json);
  json.field("total_j", energy.joules());
  json.field("board_input_j", energy.board_joules());
  json.field("total_j_if_data_mostly_zero", energy.joules_of_zero_data());
  json.field("average_w", energy.average_w());
  json.field("peak_w", energy.peak_w);
  json.field("window_us", energy.windows.window.us());
  json.field("absolute_error_percent", kEnergyErrorPercent);
  json.field("ratio_error_percent", kEnergyRatioErrorPercent);
  json.field("chip_cores_sharing_standing_power", machine.chip.cores);
  write_components(energy, json);
  json.key("watts_by_window");
  json.begin_array();
  for (std::size_t i = 0; i < energy.windows.count; ++i) json.value(energy.window_w(i));
  json.end_array();
  write_exchange(energy, json);
  const ChipRun chip = chip_run(energy, machine);
  write_chip(chip, json);
  json.key("ultraserver");
  write_ultraserver(ultraserver_power(machine, chip), json);
  json.key("assumptions");
  json.begin_array();
  for (const std::string& one : energy_assumptions(machine)) json.value(one);
  json.end_array();
  json.end_object();
}

void write_ultraserver(const std::optional<UltraServerPower>& power, JsonWriter& json) {
  if (!power) {
    json.null();
    return;
  }
  json.begin_object();
  json.field("chips", power->chips);
  json.field("chips_w", power->chips_w);
  json.field("hosts_w", power->hosts_w);
  json.field("network_w", power->network_w);
  json.field("switches_w", power->switches_w);
  json.field("cooling_w", power->cooling_w);
  json.field("power_supplies_w", power->supplies_w);
  json.field("it_w", power->it_w());
  json.field("regulators_w_not_in_sum", power->regulators_w);
  json.field("facility_w", power->facility_w());
  json.end_object();
}

}  // namespace trainyard
