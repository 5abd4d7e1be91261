// SPDX-License-Identifier: Apache-2.0
#include "energy/reference_load.h"

#include "energy/system_power.h"

namespace trainyard {
namespace {

// What the reference load's instructions move for each lane operation: float32, two operands in
// and one out on VectorE, one in and one out elsewhere. PSUM accumulates: a read and a write.
constexpr double kVectorBytes = 12, kScalarBytes = 8, kGpSimdBytes = 8;
constexpr double kPsumBytes = 8;
constexpr double kW = 1e-12;  // pJ/s
constexpr double kBits = 8;

double lane_w(double ops_per_s, double op_pj, double bytes, const Energy& energy) {
  return ops_per_s * (op_pj + bytes * energy.sbuf_pj_per_byte) * kW;
}

}  // namespace

double flop_per_s(const Machine& machine, const Utilisation& load) {
  return machine.chip.peak_fp8_flop_per_s * load.tensor;
}

ChipPower chip_power(const Machine& machine, const Utilisation& load) {
  const Energy& energy = machine.energy;
  const auto cores = static_cast<double>(machine.chip.cores);
  ChipPower power;
  power.standing_w = energy.idle_w;
  if (load.idle()) return power;
  power.standing_w += energy.active_w;

  const bool mx = machine.tensor.mx_products_per_pe > 0;
  const double products_per_pe =
      mx ? machine.tensor.mx_products_per_pe : machine.tensor.fp8_rows_per_cycle;
  const auto array_rows = static_cast<double>(machine.tensor.rows);
  const auto array_columns = static_cast<double>(machine.tensor.columns);
  const double macs_per_s = flop_per_s(machine, load) / 2;
  // Of all cores: moving rows that enter the arrays.
  const double moving_rows_per_s = macs_per_s / (array_rows * array_columns * products_per_pe);
  power.tensor_w = macs_per_s * (mx ? energy.mac_mxfp8_pj : energy.mac_fp8_pj) * kW;
  power.sbuf_feed_w =
      moving_rows_per_s * array_rows * products_per_pe * energy.sbuf_pj_per_byte * kW;
  power.psum_w = moving_rows_per_s * array_columns * kPsumBytes * energy.psum_pj_per_byte * kW;

  const auto ops_per_s = [&](double lanes, double clock_hz, double share) {
    return cores * lanes * clock_hz * share;
  };
  const auto vector_lanes = static_cast<double>(machine.vector.lanes);
  const auto scalar_lanes = static_cast<double>(machine.scalar.lanes);
  power.vector_w = lane_w(ops_per_s(vector_lanes, machine.vector.clock_hz, load.vector),
                          energy.vector_op_pj, kVectorBytes, energy);
  power.scalar_w = lane_w(ops_per_s(scalar_lanes, machine.scalar.clock_hz, load.scalar),
                          energy.scalar_op_pj, kScalarBytes, energy);
  power.gpsimd_w =
      lane_w(ops_per_s(machine.gpsimd.elements_per_cycle, machine.gpsimd.clock_hz, load.gpsimd),
             energy.gpsimd_op_pj, kGpSimdBytes, energy);

  const double hbm_bytes_per_s = machine.hbm.bandwidth_bytes_per_s * load.hbm;
  const double descriptors_per_s =
      hbm_bytes_per_s / static_cast<double>(machine.dma.efficient_descriptor_bytes);
  power.hbm_w = hbm_bytes_per_s * kBits * energy.hbm_pj_per_bit * kW;
  power.network_w = (hbm_bytes_per_s * kBits * energy.network_pj_per_bit +
                     descriptors_per_s * energy.dispatch_pj) *
                    kW;
  power.link_w =
      machine.link.headline_bandwidth_bytes_per_s * load.link * kBits * energy.link_pj_per_bit * kW;
  return power;
}

std::vector<Headline> energy_headlines(const Machine& machine) {
  const double watts = chip_power(machine, kReferenceLoad).total_w();
  const double flop = flop_per_s(machine, kReferenceLoad);
  std::vector<Headline> rows = {
      {"chip_idle_w", "chip, idle (model, +-30 %)", "W", chip_power(machine, {}).total_w()},
      {"chip_reference_w", "chip, reference 8-bit load (+-30 %)", "W", watts},
      {"chip_reference_pj_per_flop", "chip, energy there (+-30 %)", "pJ/FLOP", watts / flop * 1e12},
      {"chip_reference_tflop_per_j", "chip, efficiency (ratio +-15 %)", "TFLOP/J",
       flop / watts * 1e-12},
  };
  if (const auto power = ultraserver_power(machine, watts)) {
    rows.push_back({"ultraserver_reference_kw", "UltraServer, IT power there (+-30 %)", "kW",
                    power->it_w() / 1e3});
    rows.push_back({"ultraserver_reference_tflop_per_j", "UltraServer, efficiency (+-15 %)",
                    "TFLOP/J", static_cast<double>(power->chips) * flop / power->it_w() * 1e-12});
  }
  return rows;
}

}  // namespace trainyard
