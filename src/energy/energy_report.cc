// SPDX-License-Identifier: Apache-2.0
#include "energy/energy_report.h"

#include <algorithm>
#include <cmath>

#include "energy/accountant.h"
#include "energy/active_time.h"

namespace trainyard {
namespace {

struct ComponentName {
  std::string_view key, title;
};
constexpr std::array<ComponentName, kComponentCount> kNames = {{
    {"tensor_macs", "TensorE MACs"},
    {"weight_load", "TensorE weight load"},
    {"sbuf", "SBUF"},
    {"psum", "PSUM"},
    {"vector", "VectorE"},
    {"scalar", "ScalarE"},
    {"gpsimd", "GpSimd"},
    {"hbm", "HBM"},
    {"network", "DMA and on-chip network"},
    {"link", "chip-to-chip links"},
    {"dispatch", "dispatch"},
    {"idle", "idle share"},
    {"active", "active share"},
}};

double window_watts(const WindowGrid& grid, std::size_t i, std::int64_t fj) {
  return static_cast<double>(fj) * 1e-3 / static_cast<double>(grid.width(i).ps);
}

void add_standing(const Timeline& timeline, const Machine& machine, Accountant& accountant) {
  const double share = 1.0 / static_cast<double>(machine.chip.cores);
  // 1 W = 1000 fJ/ps.
  const auto fj = [&](double watts, Time duration) {
    return std::llround(watts * share * 1e3 * static_cast<double>(duration.ps));
  };
  accountant.add(Component::idle, {}, timeline.total, fj(machine.energy.idle_w, timeline.total));
  for (const Interval& interval : active_intervals(timeline)) {
    accountant.add(Component::active, interval.start, interval.end,
                   fj(machine.energy.active_w, interval.end - interval.start));
  }
}

}  // namespace

std::string_view component_key(Component component) {
  return kNames[static_cast<std::size_t>(component)].key;
}

std::string_view component_title(Component component) {
  return kNames[static_cast<std::size_t>(component)].title;
}

double EnergyReport::window_w(std::size_t i) const {
  std::int64_t sum_fj = 0;
  for (const ComponentEnergy& component : components) sum_fj += component.window_fj[i];
  return window_watts(windows, i, sum_fj);
}

double EnergyReport::window_w(std::size_t i, Component c) const {
  return window_watts(windows, i, (*this)[c].window_fj[i]);
}

EnergyReport account_energy(const Program& program, const Timeline& timeline,
                            const Machine& machine) {
  EnergyReport report;
  report.total = timeline.total;
  report.regulator_efficiency = machine.energy.regulator_efficiency;
  report.windows = WindowGrid::of(timeline.total);

  Accountant accountant(program, timeline, machine);
  report.instruction_fj.resize(program.stream.size());
  for (std::uint32_t i = 0; i < program.stream.size(); ++i) {
    report.instruction_fj[i] = accountant.add_instruction(i);
  }
  for (const Transfer& transfer : timeline.transfers) {
    if (transfer.instruction == kNoInstruction) accountant.add_spill(transfer);
  }
  add_standing(timeline, machine, accountant);

  report.counts = accountant.counts();
  for (int c = 0; c < kComponentCount; ++c) {
    ComponentEnergy& component = report.components[static_cast<std::size_t>(c)];
    component.fj = accountant.fj(static_cast<Component>(c));
    component.window_fj = accountant.series(static_cast<Component>(c)).amounts();
    for (std::size_t i = 0; i < report.windows.count; ++i) {
      component.peak_w =
          std::max(component.peak_w, window_watts(report.windows, i, component.window_fj[i]));
    }
    report.fj += component.fj;
  }
  const double saved =
      (1 - machine.energy.zero_data_ratio) * static_cast<double>(report[Component::tensor_macs].fj);
  const auto bits_fj = [](std::int64_t bytes, double pj_per_bit) {
    return std::llround(static_cast<double>(bytes) * 8e3 * pj_per_bit);
  };
  const Exchange& exchange = report.counts.exchange;
  report.switch_fj = bits_fj(exchange.switch_bytes, machine.energy.switch_pj_per_bit);
  report.efa_fj = bits_fj(exchange.efa_bytes, machine.energy.efa_pj_per_bit);
  report.zero_data_fj = report.fj - std::llround(saved);
  for (std::size_t i = 0; i < report.windows.count; ++i) {
    report.peak_w = std::max(report.peak_w, report.window_w(i));
  }
  return report;
}

}  // namespace trainyard
