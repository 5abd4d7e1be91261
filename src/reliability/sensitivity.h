// SPDX-License-Identifier: Apache-2.0
// What the goodput would be if a number that nobody has published for this machine were half as
// large or twice as large: which assumptions the answer rests on.
#pragma once

#include <string>
#include <vector>

#include "reliability/policy.h"

namespace trainyard {

struct Moved {
  SourcedNumber number;
  double at_half = 0, at_double = 0;  // goodput
};

struct GoodputSensitivity {
  double goodput = 0;        // of the profile as it is
  std::vector<Moved> moved;  // the one that moves it most first
  // All that lower it and all that raise it at once, as if they were independent.
  double low = 0, high = 0;
};

// `job`: as simulated, with its intervals; they stay, but no shorter than a write then takes.
// Moves what is assumed and all rates of failures and hiccups.
GoodputSensitivity goodput_sensitivity(const Document& profile, const ReliabilityPolicy& policy,
                                       const JobShape& shape, const ReliabilityJob& job,
                                       const GoodputOptions& options = {});

std::string goodput_sensitivity_text(const GoodputSensitivity& sensitivity);
void write_goodput_sensitivity(JsonWriter& json, const GoodputSensitivity& sensitivity);

}  // namespace trainyard
