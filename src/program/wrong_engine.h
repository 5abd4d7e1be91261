// SPDX-License-Identifier: Apache-2.0
// Why an instruction cannot run on the engine that a kernel names.
#pragma once

#include "base/fault.h"
#include "isa/table.h"

namespace trainyard {

Fault wrong_engine(const Entry& entry, const void* operands, Engine wanted, EngineSet legal);

}  // namespace trainyard
