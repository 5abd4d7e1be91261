// SPDX-License-Identifier: Apache-2.0
// trainyard isa list | show NAME | page
#pragma once

#include "cli/command.h"

namespace trainyard {

Command isa_command();

}  // namespace trainyard
