// SPDX-License-Identifier: Apache-2.0
// Everything that is known of one run of a kernel: what the text summary, the JSON and the trace
// are readings of. None of them knows how it came about.
//
//   RunResult result = read_run(program, core, hash_outputs(program, core));  // core/replay.h
//   result.wall_s = …;
//   text_summary(result); run_json(result); write_trace(result, "kernel.pftrace");
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/neuron_core.h"
#include "core/timeline.h"
#include "energy/energy_report.h"
#include "machine/machine.h"

namespace trainyard {

// `machine` and `program` outlive it.
struct RunResult {
  std::string kernel;
  const Machine& machine;
  const Program& program;
  Timeline timeline;
  EnergyReport energy;
  NumericsMode numerics = NumericsMode::exact;
  std::vector<UnwrittenRead> unwritten_reads;
  std::vector<OverwrittenRead> overwritten_reads;
  std::vector<Race> races;         // with the other core of a logical one
  PassSet passes;                  // that ran
  int core = 0, cores = 1;         // which one of a logical core, of how many
  int rank = 0, ranks = 1;         // of which rank, of how many
  double wall_s = 0;               // on the host; 0: not measured; never part of `hash`
  std::uint64_t reading_hash = 0;  // of timeline and joules
  std::uint64_t hash = 0;          // of values, timeline and joules
};

// Times the program that ran on `core` and accounts its energy. `values_hash`: report/hash.h.
RunResult read_run(const Program& program, const NeuronCore& core, std::uint64_t values_hash);

// The same of the cores of a logical core, in their order, timed together.
std::vector<RunResult> read_together(std::span<const Program* const> programs,
                                     std::span<const NeuronCore* const> cores,
                                     std::uint64_t values_hash, const PassSet& passes = {});

}  // namespace trainyard
