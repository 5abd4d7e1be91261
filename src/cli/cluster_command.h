// SPDX-License-Identifier: Apache-2.0
// trainyard cluster SCENARIO.toml [--json [FILE]]
#pragma once

#include "cli/command.h"

namespace trainyard {

Command cluster_command();

}  // namespace trainyard
