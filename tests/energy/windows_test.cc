// SPDX-License-Identifier: Apache-2.0
#include "energy/windows.h"

#include <numeric>

#include <gtest/gtest.h>

namespace trainyard {
namespace {

std::int64_t sum(const WindowSeries& series) {
  return std::accumulate(series.amounts().begin(), series.amounts().end(), std::int64_t{0});
}

TEST(Windows, OfALongRunAreBoundedInNumberAndCoverIt) {
  const WindowGrid grid = WindowGrid::of(Time::from_us(1'000'000.123456));
  EXPECT_LE(grid.count, WindowGrid::kWindowsMax);
  EXPECT_GE(grid.count, WindowGrid::kWindowsMax - 1);
  Time covered;
  for (std::size_t i = 0; i < grid.count; ++i) {
    EXPECT_GT(grid.width(i), Time{});
    covered += grid.width(i);
  }
  EXPECT_EQ(covered, grid.total);
}

TEST(Windows, OfAShortRunAreNoShorterThanAMicrosecond) {
  EXPECT_EQ(WindowGrid::of(Time::from_ns(300)).count, 1u);
  EXPECT_EQ(WindowGrid::of(Time::from_us(10)).count, 10u);
  EXPECT_EQ(WindowGrid::of(Time{}).count, 0u);
}

TEST(Windows, ShareAnAmountByOverlapAndKeepItsSum) {
  WindowSeries series(WindowGrid::of(Time::from_us(4)));
  series.add(Time::from_us(0.5), Time::from_us(2.5), 1001);
  EXPECT_EQ(sum(series), 1001);
  EXPECT_NEAR(static_cast<double>(series.amounts()[0]), 250, 1);
  EXPECT_NEAR(static_cast<double>(series.amounts()[1]), 500, 1);
  EXPECT_NEAR(static_cast<double>(series.amounts()[2]), 250, 1);
  EXPECT_EQ(series.amounts()[3], 0);
}

TEST(Windows, LoseNothingThatLiesOutsideTheRunOrTakesNoTime) {
  WindowSeries series(WindowGrid::of(Time::from_us(4)));
  series.add(Time::from_us(3.5), Time::from_us(9), 100);
  series.add(Time::from_us(2), Time::from_us(2), 7);
  EXPECT_EQ(sum(series), 107);
  EXPECT_EQ(series.amounts()[2], 7);
}

}  // namespace
}  // namespace trainyard
