// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "base/fault.h"
#include "cluster/schedule.h"

namespace trainyard {
namespace {

constexpr double kNotYet = -1;

class Run {
 public:
  Run(const PipelineSchedule& schedule, const ChunkTimes& times)
      : schedule_(schedule),
        times_(times),
        chunks_(static_cast<std::size_t>(schedule.chunks)),
        micro_batches_(static_cast<std::size_t>(schedule.micro_batches)),
        places_(static_cast<std::size_t>(schedule.ranks) * chunks_),
        forward_end_(places_ * micro_batches_, kNotYet),
        backward_end_(places_ * micro_batches_, kNotYet) {}

  PipelineRun go(bool keep_operations) {
    const auto ranks = static_cast<std::size_t>(schedule_.ranks);
    PipelineRun run;
    run.busy_s.assign(ranks, 0.0);
    std::vector<std::size_t> next(ranks, 0), first(ranks, 0);
    std::vector<double> free_s(ranks, 0.0);
    std::size_t left = 0;
    for (std::size_t rank = 0; rank < ranks; ++rank) {
      first[rank] = left;
      left += schedule_.sequences[rank].size();
    }
    if (keep_operations) {
      run.begin_s.assign(left, 0.0);
      run.end_s.assign(left, 0.0);
    }
    // A rank goes on as far as it can; who feeds it goes on in the next round.
    while (left > 0) {
      const std::size_t before = left;
      for (std::size_t rank = 0; rank < ranks; ++rank) {
        const std::vector<StepOperation>& sequence = schedule_.sequences[rank];
        while (next[rank] < sequence.size()) {
          const StepOperation& operation = sequence[next[rank]];
          const double ready_s = ready(rank, operation);
          if (ready_s == kNotYet) break;
          const double begin_s = std::max(free_s[rank], ready_s);
          const double took_s = seconds(rank, operation);
          free_s[rank] = begin_s + took_s;
          run.busy_s[rank] += took_s;
          finish(rank, operation, free_s[rank]);
          if (keep_operations) {
            run.begin_s[first[rank] + next[rank]] = begin_s;
            run.end_s[first[rank] + next[rank]] = free_s[rank];
          }
          ++next[rank];
          --left;
        }
      }
      if (left == before) throw Fault(FaultKind::internal, "a pipeline schedule waits for itself");
    }
    run.seconds = *std::max_element(free_s.begin(), free_s.end());
    return run;
  }

 private:
  std::size_t place(std::size_t rank, std::int32_t chunk) const {
    return static_cast<std::size_t>(schedule_.place(static_cast<std::int32_t>(rank), chunk));
  }
  bool is_first(std::size_t at) const {
    return schedule_.first_of_way(static_cast<std::int32_t>(at));
  }
  bool is_last(std::size_t at) const {
    return schedule_.last_of_way(static_cast<std::int32_t>(at));
  }

  double& forward_end(std::size_t at, std::int32_t micro_batch) {
    return forward_end_[at * micro_batches_ + static_cast<std::size_t>(micro_batch)];
  }
  double& backward_end(std::size_t at, std::int32_t micro_batch) {
    return backward_end_[at * micro_batches_ + static_cast<std::size_t>(micro_batch)];
  }

  double ready(std::size_t rank, const StepOperation& operation) {
    const std::size_t at = place(rank, operation.chunk);
    const auto sent = [&](double end_s) {
      return end_s == kNotYet ? end_s : end_s + times_.send_s;
    };
    if (operation.kind == StepKind::forward) {
      return is_first(at) ? 0 : sent(forward_end(at - 1, operation.micro_batch));
    }
    if (operation.kind == StepKind::backward_weights) {
      return backward_end(at, operation.micro_batch);
    }
    if (is_last(at)) return forward_end(at, operation.micro_batch);
    return sent(backward_end(at + 1, operation.micro_batch));
  }

  double seconds(std::size_t rank, const StepOperation& operation) const {
    const std::size_t index = rank * chunks_ + static_cast<std::size_t>(operation.chunk);
    if (operation.kind == StepKind::forward) return times_.forward_s[index];
    if (operation.kind == StepKind::backward_weights) return times_.weights_s[index];
    return schedule_.weights_apart ? times_.backward_s[index] - times_.weights_s[index]
                                   : times_.backward_s[index];
  }

  void finish(std::size_t rank, const StepOperation& operation, double end_s) {
    const std::size_t at = place(rank, operation.chunk);
    if (operation.kind == StepKind::forward) forward_end(at, operation.micro_batch) = end_s;
    if (operation.kind == StepKind::backward) backward_end(at, operation.micro_batch) = end_s;
  }

  const PipelineSchedule& schedule_;
  const ChunkTimes& times_;
  const std::size_t chunks_, micro_batches_, places_;
  std::vector<double> forward_end_, backward_end_;
};

}  // namespace

PipelineRun run_schedule(const PipelineSchedule& schedule, const ChunkTimes& times,
                         bool keep_operations) {
  return Run(schedule, times).go(keep_operations);
}

}  // namespace trainyard
