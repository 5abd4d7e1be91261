// SPDX-License-Identifier: Apache-2.0
// The chain of instructions that the length of a run comes from: from the last to retire, each time
// back to what it waited for, or to the one before it in its queue.
#pragma once

#include <cstdint>
#include <vector>

#include "report/run_result.h"

namespace trainyard {

// What one kind of instruction on one source line adds to the chain.
struct PathShare {
  SourceId where = 0;
  Opcode opcode{};
  std::int64_t times = 0;
  Time time;  // from its start to the start of the next on the chain; the last: to its end
};

// One instruction of the chain; it adds the time from its start to `until`.
struct PathStep {
  std::uint32_t instruction = kNoInstruction;
  Time until;
};
std::vector<PathStep> critical_chain(const RunResult& result);  // from the last to the first

// Longest first. Together they are the run, less the start-up before the first instruction.
std::vector<PathShare> critical_path(const RunResult& result);

}  // namespace trainyard
