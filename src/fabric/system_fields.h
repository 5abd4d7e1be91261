// SPDX-License-Identifier: Apache-2.0
// The one list of the numbers that a system file may say. Reading, units, what-ifs and the
// sensitivity of a report run over it.
#pragma once

#include <string>
#include <vector>

#include "fabric/system.h"

namespace trainyard {

template <typename Part>
struct SystemField {
  const char* key;
  const char* unit;  // that the member holds
  double Part::*member;
  bool needed;  // a system without a base must say it
};

const std::vector<SystemField<SystemChip>>& chip_fields();
const std::vector<SystemField<Level>>& level_fields();
const std::vector<SystemField<Surroundings>>& power_fields();

}  // namespace trainyard
