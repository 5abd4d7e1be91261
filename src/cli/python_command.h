// SPDX-License-Identifier: Apache-2.0
// Sub-commands that the Python package does: their words go to a module of it as they are.
#pragma once

#include "cli/command.h"

namespace trainyard {

Command run_command();       // trainyard run [OPTIONS] SCRIPT [ARGUMENTS]
Command explain_command();   // trainyard explain RESULT
Command validate_command();  // trainyard validate [OPTIONS]

}  // namespace trainyard
