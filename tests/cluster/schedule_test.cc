// SPDX-License-Identifier: Apache-2.0
#include "cluster/schedule.h"

#include <gtest/gtest.h>

#include <map>
#include <tuple>

namespace trainyard {
namespace {

ChunkTimes even_times(std::size_t places, double forward_s, double backward_s) {
  return {std::vector<double>(places, forward_s), std::vector<double>(places, backward_s),
          std::vector<double>(places, backward_s / 2), 0};
}

double seconds_of(ScheduleKind kind, std::int64_t ranks, std::int64_t chunks, std::int64_t batches,
                  double forward_s, double backward_s) {
  return run_schedule(make_schedule(kind, ranks, chunks, batches),
                      even_times(static_cast<std::size_t>(ranks * chunks), forward_s, backward_s),
                      false)
      .seconds;
}

TEST(Schedule, OneForwardOneBackwardHasTheBubbleOfTheTextbook) {
  // (micro-batches + ranks - 1) forwards and backwards: Narayanan et al. 2021.
  for (const std::int64_t ranks : {1, 2, 8, 16}) {
    EXPECT_NEAR(seconds_of(ScheduleKind::one_f_one_b, ranks, 1, 32, 1, 2),
                static_cast<double>(32 + ranks - 1) * 3, 1e-9);
    EXPECT_NEAR(seconds_of(ScheduleKind::gpipe, ranks, 1, 32, 1, 2),
                static_cast<double>(32 + ranks - 1) * 3, 1e-9);
  }
}

TEST(Schedule, InterleavingDividesTheBubbleByTheChunks) {
  for (const std::int64_t chunks : {2, 3, 6}) {
    const double chunk_s = 3.0 / static_cast<double>(chunks);
    EXPECT_NEAR(seconds_of(ScheduleKind::interleaved, 8, chunks, 32, chunk_s / 3, chunk_s * 2 / 3),
                32 * 3 + 7 * chunk_s, 1e-9);
  }
}

TEST(Schedule, ZeroBubbleHasAThirdOfTheBubble) {
  // ZB-H1, forward = inputs' gradient = weights' gradient: Qi et al. 2023.
  EXPECT_NEAR(seconds_of(ScheduleKind::zero_bubble, 8, 1, 32, 1, 2), 32 * 3 + 7, 1e-9);
}

TEST(Schedule, DualPipeBeatsOneForwardOneBackward) {
  const double dual = seconds_of(ScheduleKind::dual_pipe, 8, 2, 32, 1, 2);
  EXPECT_LT(dual, seconds_of(ScheduleKind::one_f_one_b, 8, 1, 32, 1, 2));
  EXPECT_GE(dual, 32 * 3);
}

TEST(Schedule, EveryMicroBatchGoesOnceThroughEveryChunkBothWays) {
  for (const auto& [kind, chunks, times] :
       {std::tuple{ScheduleKind::one_f_one_b, 1, 1}, std::tuple{ScheduleKind::interleaved, 4, 1},
        std::tuple{ScheduleKind::zero_bubble, 1, 1}, std::tuple{ScheduleKind::gpipe, 1, 1}}) {
    const PipelineSchedule schedule = make_schedule(kind, 4, chunks, 16);
    for (const auto& sequence : schedule.sequences) {
      std::map<std::tuple<StepKind, int, int>, int> seen;
      for (const StepOperation& operation : sequence) {
        ++seen[{operation.kind, operation.chunk, operation.micro_batch}];
      }
      EXPECT_EQ(seen.size(),
                static_cast<std::size_t>(16 * chunks * (schedule.weights_apart ? 3 : 2)));
      for (const auto& entry : seen) EXPECT_EQ(entry.second, times);
    }
  }
}

}  // namespace
}  // namespace trainyard
