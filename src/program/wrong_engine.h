// SPDX-License-Identifier: Apache-2.0
// Why an instruction cannot run on the engine that a kernel names.
#pragma once

#include "base/fault.h"
#include "isa/table.h"

namespace trainyard {

// None was named, and none of those that it runs on then can.
Fault no_engine(const Entry& entry, EngineSet legal);
Fault wrong_engine(const Entry& entry, const void* operands, Engine wanted, EngineSet legal);

}  // namespace trainyard
