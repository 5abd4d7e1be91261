// SPDX-License-Identifier: Apache-2.0
// One entry of a machine file into its member, checked: the key exists, the generation has it,
// type, unit and size are right, and the number says where it comes from.
#pragma once

#include <string>

#include "machine/machine.h"
#include "machine/machine_file.h"

namespace trainyard {

// `machine` holds the base's values when it is a what-if (machine.base is not empty).
void assign_entry(const MachineEntry& entry, const std::string& file, Machine& machine);

}  // namespace trainyard
