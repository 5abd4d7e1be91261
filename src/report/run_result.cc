// SPDX-License-Identifier: Apache-2.0
#include "report/run_result.h"

#include <utility>

#include "report/hash.h"

namespace trainyard {

RunResult read_run(const Program& program, const NeuronCore& core, std::uint64_t values_hash) {
  const Machine& machine = core.machine();
  Timeline timeline = time_program(program, machine);
  EnergyReport energy = account_energy(program, timeline, machine);
  const std::uint64_t reading_hash = hash_reading(timeline, energy);
  return {.kernel = program.name,
          .machine = machine,
          .program = program,
          .timeline = std::move(timeline),
          .energy = std::move(energy),
          .numerics = core.numerics(),
          .unwritten_reads = core.unwritten_reads(),
          .overwritten_reads = core.overwritten_reads(),
          .reading_hash = reading_hash,
          .hash = hash_run(reading_hash, values_hash)};
}

}  // namespace trainyard
