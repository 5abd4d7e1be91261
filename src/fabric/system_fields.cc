// SPDX-License-Identifier: Apache-2.0
#include "fabric/system_fields.h"

namespace trainyard {

const std::vector<SystemField<SystemChip>>& chip_fields() {
  static const std::vector<SystemField<SystemChip>> fields = {
      {"peak_fp32", "FLOP/s", &SystemChip::fp32_flop_per_s, true},
      {"peak_bf16", "FLOP/s", &SystemChip::bf16_flop_per_s, true},
      {"peak_fp8", "FLOP/s", &SystemChip::fp8_flop_per_s, false},
      {"peak_fp4", "FLOP/s", &SystemChip::fp4_flop_per_s, false},
      {"matmul_sustained", "fraction", &SystemChip::matmul_sustained, true},
      {"hbm", "B", &SystemChip::hbm_bytes, true},
      {"hbm_bandwidth", "B/s", &SystemChip::hbm_bytes_per_s, true},
      {"hbm_sustained", "fraction", &SystemChip::hbm_sustained, true},
      {"idle", "W", &SystemChip::idle_w, true},
      {"active", "W", &SystemChip::active_w, false},
      {"cap", "W", &SystemChip::cap_w, false},
      {"bf16_energy", "pJ", &SystemChip::bf16_pj_per_flop, true},
      {"fp8_energy", "pJ", &SystemChip::fp8_pj_per_flop, false},
      {"fp4_energy", "pJ", &SystemChip::fp4_pj_per_flop, false},
      {"hbm_energy", "pJ/bit", &SystemChip::hbm_pj_per_bit, true},
      {"price", "USD/h", &SystemChip::price_usd_per_h, false},
  };
  return fields;
}

const std::vector<SystemField<Level>>& level_fields() {
  static const std::vector<SystemField<Level>> fields = {
      {"latency", "us", &Level::latency_us, true},
      {"bandwidth", "B/s", &Level::bytes_per_s, true},
      {"sustained", "fraction", &Level::sustained, true},
      {"oversubscription", "ratio", &Level::oversubscription, false},
      {"energy", "pJ/bit", &Level::pj_per_bit, true},
  };
  return fields;
}

const std::vector<SystemField<Surroundings>>& power_fields() {
  static const std::vector<SystemField<Surroundings>> fields = {
      {"host", "W", &Surroundings::host_w, true},
      {"network", "W", &Surroundings::network_w, true},
      {"switches", "W", &Surroundings::switch_w, false},
      {"cooling_ratio", "fraction", &Surroundings::cooling_ratio, true},
      {"supply_efficiency", "fraction", &Surroundings::supply_efficiency, true},
      {"pue", "ratio", &Surroundings::pue, true},
  };
  return fields;
}

}  // namespace trainyard
