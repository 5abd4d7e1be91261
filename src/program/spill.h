// SPDX-License-Identifier: Apache-2.0
// Placement of SBUF tensors that do not all fit: the one whose next use lies farthest ahead goes
// to HBM and comes back before that use (Belady's rule, as register allocators spill).
#pragma once

#include "program/accesses.h"
#include "program/live_tensors.h"
#include "program/placement.h"

namespace trainyard {

// Fills the bytes of `live.free`, the spills and the moves; returns the peak bytes per partition.
// Throws Fault (limit) if the tensors of one instruction do not fit beside the fixed ones.
std::int64_t place_with_spills(const Program& program, const AccessTable& accesses,
                               const LiveTensors& live, std::int64_t capacity_bytes,
                               Placement& placement);

}  // namespace trainyard
