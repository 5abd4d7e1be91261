// SPDX-License-Identifier: Apache-2.0
// trainyard machine list | show NAME [--sources] | compare A B | keys
#pragma once

#include "cli/command.h"

namespace trainyard {

Command machine_command();

}  // namespace trainyard
