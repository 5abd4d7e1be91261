// SPDX-License-Identifier: Apache-2.0
// A DMA's descriptors as packets: a packet holds one DMA engine for a fixed part and its bytes
// (machine.md section 5).
#pragma once

#include "isa/cost.h"
#include "machine/machine.h"
#include "program/work.h"

namespace trainyard {

// `from_hbm`: the source lies in HBM (the rate of a transpose depends on it).
DmaTransfer packets_of(const DmaWork& work, bool from_hbm, const Machine& machine);

}  // namespace trainyard
