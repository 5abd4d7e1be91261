// SPDX-License-Identifier: Apache-2.0
// What a kernel on every core of every chip comes to: rates and watts of the chip, of the
// UltraServer, and at the facility.
#pragma once

#include <string>
#include <vector>

#include "energy/system_power.h"
#include "kernels/kernel_loop.h"
#include "machine/machine.h"

namespace trainyard {

struct Measured {
  std::string workload;  // "gemm_mxfp8"
  std::string unit;      // of `chip_rate`, a second: "FLOP", "B", "tokens"
  double chip_rate = 0;
  double chip_w = 0;
  UltraServerPower power;

  double chip_per_j() const { return chip_rate / chip_w; }
  double ultraserver_rate() const { return static_cast<double>(power.chips) * chip_rate; }
  double ultraserver_per_j() const { return ultraserver_rate() / power.it_w(); }
  double per_facility_j() const { return ultraserver_rate() / power.facility_w(); }
};

// One machine's kernels.
struct MeasuredMachine {
  Machine machine;
  std::vector<Measured> workloads;

  const Measured& operator[](const std::string& workload) const;
};

// Tokens of a model of this many weights, all of which are read for each step.
inline constexpr double kDecodeWeights = 1e9;

MeasuredMachine measure(const std::string& machine);

}  // namespace trainyard
