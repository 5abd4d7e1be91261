// SPDX-License-Identifier: Apache-2.0
// trainyard claims [--json [FILE]]
#pragma once

#include "cli/command.h"

namespace trainyard {

Command claims_command();

}  // namespace trainyard
