// SPDX-License-Identifier: Apache-2.0
#include "report/critical_path.h"

#include <gtest/gtest.h>

#include "report/result_fixture.h"

namespace trainyard {
namespace {

TEST(CriticalPath, EndsWithTheRunAndAddsUpToItLessTheStartUp) {
  KernelFixture kernel;
  const RunResult result = result_of(kernel);
  const std::vector<PathShare> path = critical_path(result);
  ASSERT_FALSE(path.empty());
  Time sum, first = result.timeline.spans.front().start, last;
  for (const Span& span : result.timeline.spans) {
    first = std::min(first, span.start);
    last = later(last, span.end);
  }
  for (const PathShare& share : path) sum += share.time;
  EXPECT_EQ(sum, last - first);
  for (std::size_t i = 1; i < path.size(); ++i) EXPECT_GE(path[i - 1].time, path[i].time);
}

TEST(CriticalPath, OfAnEmptyKernelIsEmpty) {
  KernelFixture kernel;
  kernel.program.stream.clear();
  kernel.timeline = {};
  EXPECT_TRUE(critical_path(result_of(kernel)).empty());
}

}  // namespace
}  // namespace trainyard
