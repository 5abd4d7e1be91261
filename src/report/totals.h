// SPDX-License-Identifier: Apache-2.0
// A run summed up by engine, kind of instruction, source line and wait.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "report/run_result.h"

namespace trainyard {

struct Total {
  std::int64_t instructions = 0;
  Time busy;  // on the engines' queues
  Time waited;
  Time transferring;    // dma_*: first to last packet
  std::int64_t fj = 0;  // without idle and active share

  void add(const RunResult& result, std::uint32_t i);
  double joules() const { return static_cast<double>(fj) * 1e-15; }
};

struct KindTotal {
  Opcode opcode{};
  Total total;
};

struct LineTotal {
  SourceId where = 0;
  Total total;
};

// All waits of one source line for one reason.
struct Stall {
  SourceId where = 0;
  WaitReason reason = WaitReason::none;
  std::int64_t times = 0;
  Time waited;
  std::uint32_t longest = kNoInstruction;  // instruction that waited longest at once
};

struct Totals {
  std::array<Total, kEngineCount> engines;  // by the queue that held the instruction
  std::vector<KindTotal> kinds;             // by name
  std::vector<LineTotal> lines;             // by place of first use
  std::vector<Stall> stalls;                // longest first
};

Totals totals_of(const RunResult& result);

}  // namespace trainyard
