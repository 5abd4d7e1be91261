// SPDX-License-Identifier: Apache-2.0
// What is not alike in a cluster: slow chips, racks of another speed, links that are degraded or
// have failed, experts with more tokens than others, and noise. The table [faults] of a scenario.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/table_reader.h"
#include "cluster/plan.h"
#include "fabric/system.h"

namespace trainyard {

struct SlowChip {
  std::int64_t chip = 0;
  double speed = 1;  // over the others'
};

// The last units of a level, so great a share of them: a cluster grows at its end.
struct OtherRacks {
  std::string level;
  std::int64_t first_chip = 0;
  double speed = 1;
};

struct LinkFault {
  std::string level;
  std::int64_t chip = 0;  // whose port it is, or whose link to the next in a ring
  double share = 0;       // of its bandwidth that is left; 0: it has failed
};

struct Faults {
  std::vector<SlowChip> chips;
  double slow_share = 0, slow_speed = 1;  // of chips drawn by `seed`
  std::vector<OtherRacks> racks;
  std::vector<LinkFault> links;
  // Tokens of each rank of an expert group over the mean; empty: even.
  std::vector<double> expert_loads;
  double jitter = 0;       // deviation over mean of the time of a chip's operation
  double step_jitter = 0;  // of a chip's whole step: good and bad steps, not operations
  std::uint64_t seed = 1;

  bool any() const {
    return !chips.empty() || slow_share > 0 || !racks.empty() || !links.empty() ||
           !expert_loads.empty() || jitter > 0 || step_jitter > 0;
  }
};

// Throws Fault(usage) for what the system or the plan does not have.
Faults read_faults(TableReader& table, const System& system, std::int64_t chips, const Plan& plan);

// Seconds of each chip over those of a chip as the system file describes it.
std::vector<float> chip_slowness(const Faults& faults, std::int64_t chips);

}  // namespace trainyard
