// SPDX-License-Identifier: Apache-2.0
// trainyard plan SCENARIO.toml [--objective time|cost|energy] [--threads N] [--json [FILE]]
#pragma once

#include "cli/command.h"

namespace trainyard {

Command plan_command();

}  // namespace trainyard
