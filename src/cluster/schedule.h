// SPDX-License-Identifier: Apache-2.0
// Pipeline schedules as sequences of operations, one sequence for each pipeline rank.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/fault.h"
#include "cluster/plan.h"

namespace trainyard {

enum class StepKind : std::uint8_t {
  forward,
  backward,         // whole, or the inputs' gradient where `weights` come apart
  backward_weights  // the weights' gradient, whenever there is room
};

struct StepOperation {
  StepKind kind = StepKind::forward;
  std::int32_t micro_batch = 0;
  std::int32_t chunk = 0;  // of layers that this rank has
};

// Of a pipeline of `ranks`, each with `chunks` chunks of layers. Chunk c of rank r is place
// c * ranks + r on the way, but with DualPipe, whose second chunk runs the other way: place
// 2 * ranks - 1 - r.
struct PipelineSchedule {
  ScheduleKind kind = ScheduleKind::one_f_one_b;
  std::int32_t ranks = 1, chunks = 1, micro_batches = 1;
  bool weights_apart = false;
  std::vector<std::vector<StepOperation>> sequences;

  // Places of one way follow each other; DualPipe has two ways of `ranks` places.
  bool two_ways() const { return kind == ScheduleKind::dual_pipe; }
  std::int32_t places() const { return ranks * chunks; }
  std::int32_t place(std::int32_t rank, std::int32_t chunk) const {
    return two_ways() && chunk == 1 ? 2 * ranks - 1 - rank : chunk * ranks + rank;
  }
  std::int32_t rank_of(std::int32_t place) const {
    return two_ways() && place >= ranks ? 2 * ranks - 1 - place : place % ranks;
  }
  bool first_of_way(std::int32_t place) const {
    return place == 0 || (two_ways() && place == ranks);
  }
  bool last_of_way(std::int32_t place) const {
    return place == places() - 1 || (two_ways() && place == ranks - 1);
  }
};

// Why the kind cannot have so many micro-batches or chunks, if it cannot.
std::optional<Fault> schedule_fault(ScheduleKind kind, std::int64_t ranks, std::int64_t chunks,
                                    std::int64_t micro_batches);

// Throws schedule_fault.
PipelineSchedule make_schedule(ScheduleKind kind, std::int64_t ranks, std::int64_t chunks,
                               std::int64_t micro_batches);

// Seconds of each chunk's operations: [rank * chunks + chunk].
struct ChunkTimes {
  std::vector<double> forward_s, backward_s, weights_s;
  double send_s = 0;  // between neighbours of the way
};

struct PipelineRun {
  double seconds = 0;
  std::vector<double> busy_s;          // of each rank
  std::vector<double> begin_s, end_s;  // of each operation, rank after rank; when asked for
};

// When everything is done: each operation begins when its rank is free and what it needs is there.
PipelineRun run_schedule(const PipelineSchedule& schedule, const ChunkTimes& times,
                         bool keep_operations);

}  // namespace trainyard
