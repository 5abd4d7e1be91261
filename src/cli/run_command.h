// SPDX-License-Identifier: Apache-2.0
// trainyard run [OPTIONS] SCRIPT [ARGUMENTS]
#pragma once

#include "cli/command.h"

namespace trainyard {

Command run_command();

}  // namespace trainyard
