// SPDX-License-Identifier: Apache-2.0
// The number that --threads gives.
#pragma once

#include "cli/command.h"

namespace trainyard {

// All cores without the option. Throws Fault(usage) when it is no number from 1 to 1024.
unsigned threads_of(const Arguments& arguments);

}  // namespace trainyard
