// SPDX-License-Identifier: Apache-2.0
// What a reader asks of a machine first, computed from its numbers: peak rates, memory, energy.
#pragma once

#include <string>
#include <vector>

#include "machine/machine.h"

namespace trainyard {

struct Headline {
  std::string key;    // "core_bf16_tflop_per_s": unit last
  std::string label;  // "core, bf16"
  std::string unit;   // "TFLOP/s"
  double value;
};

// In a fixed order; rows that the generation has no such thing for are left out.
std::vector<Headline> headlines(const Machine& machine);

}  // namespace trainyard
