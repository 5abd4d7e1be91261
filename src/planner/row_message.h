// SPDX-License-Identifier: Apache-2.0
// A finished point as bytes, on its way from one process to another on the same kind of machine.
#pragma once

#include <string>

#include "planner/sweep.h"

namespace trainyard {

std::string message_of(const SweepRow& row);  // never empty
SweepRow row_of(const std::string& message);

}  // namespace trainyard
