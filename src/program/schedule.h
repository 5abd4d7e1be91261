// SPDX-License-Identifier: Apache-2.0
// The order in which each engine's queue holds its instructions: list scheduling as a compiler
// does it, with costs estimated as if nothing else ran.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "machine/machine.h"
#include "program/dependencies.h"
#include "program/passes.h"
#include "program/work.h"

namespace trainyard {

struct Schedule {
  std::array<std::vector<std::uint32_t>, kEngineCount> order;  // nodes of each queue
};

// Longest remaining path first, program order among equals, no farther ahead of the oldest waiting
// node than kScheduleWindow (the pass order; without it, program order). Keeps every dependency,
// so the queues cannot lock each other.
//
// TensorE of the earlier language takes what is ready in program order: NKIBench's bmm
// (Jerry2423/kda-for-trainium) never comes to full clock where transposes stand between its
// products (v1), which the longest path would hide, and does where they come first (v2).
Schedule schedule(const Program& program, const WorkList& work, const Dependencies& dependencies,
                  const Machine& machine, const PassSet& passes = {});

}  // namespace trainyard
