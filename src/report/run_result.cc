// SPDX-License-Identifier: Apache-2.0
#include "report/run_result.h"

#include <utility>

#include "report/hash.h"

namespace trainyard {
namespace {

struct Seat {
  int number = 0, count = 1;
};
Seat seat_of(const MessageBoard::Seat* seat) {
  return seat == nullptr ? Seat{} : Seat{seat->self(), seat->count()};
}

}  // namespace

std::vector<RunResult> read_together(std::span<const Program* const> programs,
                                     std::span<const NeuronCore* const> cores,
                                     std::uint64_t values_hash, const PassSet& passes) {
  const Machine& machine = cores.front()->machine();
  std::vector<Timeline> timelines = time_together(programs, machine, {passes, {}});
  std::vector<RunResult> results;
  for (std::size_t i = 0; i < programs.size(); ++i) {
    EnergyReport energy = account_energy(*programs[i], timelines[i], machine);
    const std::uint64_t reading_hash = hash_reading(timelines[i], energy);
    const Seat core = seat_of(cores[i]->core_seat()), rank = seat_of(cores[i]->rank_seat());
    results.push_back({.kernel = programs[i]->name,
                       .machine = machine,
                       .program = *programs[i],
                       .timeline = std::move(timelines[i]),
                       .energy = std::move(energy),
                       .numerics = cores[i]->numerics(),
                       .unwritten_reads = cores[i]->unwritten_reads(),
                       .overwritten_reads = cores[i]->overwritten_reads(),
                       .races = cores[i]->races(),
                       .passes = passes,
                       .core = core.number,
                       .cores = core.count,
                       .rank = rank.number,
                       .ranks = rank.count,
                       .reading_hash = reading_hash,
                       .hash = hash_run(reading_hash, values_hash)});
  }
  return results;
}

RunResult read_run(const Program& program, const NeuronCore& core, std::uint64_t values_hash) {
  const Program* const programs[] = {&program};
  const NeuronCore* const cores[] = {&core};
  return std::move(read_together(programs, cores, values_hash).front());
}

}  // namespace trainyard
