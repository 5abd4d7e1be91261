// SPDX-License-Identifier: Apache-2.0
// Everything that is known of one run of a kernel: what the text summary, the JSON and the trace
// are readings of. None of them knows how it came about.
//
//   RunResult result = read_run(program, machine, values_hash);
//   result.numerics = core.numerics();  result.wall_s = …;  result.unwritten_reads = …;
//   text_summary(result); run_json(result); write_trace(result, "kernel.pftrace");
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/timeline.h"
#include "energy/energy_report.h"
#include "isa/core_state.h"
#include "machine/machine.h"

namespace trainyard {

// The first read of bytes that nothing had written.
struct UnwrittenRead {
  SourcePlace place;  // of the reading instruction
  std::string tensor;
};

// `machine` and `program` outlive it.
struct RunResult {
  std::string kernel;
  const Machine& machine;
  const Program& program;
  Timeline timeline;
  EnergyReport energy;
  NumericsMode numerics = NumericsMode::exact;
  std::vector<UnwrittenRead> unwritten_reads;
  double wall_s = 0;       // on the host; 0: not measured; never part of `hash`
  std::uint64_t hash = 0;  // of values, timeline and joules
};

// Times the program and accounts its energy. `values_hash`: report/hash.h.
RunResult read_run(const Program& program, const Machine& machine, std::uint64_t values_hash = 0);

}  // namespace trainyard
