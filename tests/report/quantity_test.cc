// SPDX-License-Identifier: Apache-2.0
#include "report/quantity.h"

#include <gtest/gtest.h>

namespace trainyard {
namespace {

TEST(Quantities, GetThePrefixThatKeepsThemShort) {
  EXPECT_EQ(quantity(1.234e9, "FLOP"), "1.234 GFLOP");
  EXPECT_EQ(quantity(0.0021, "J"), "2.1 mJ");
  EXPECT_EQ(quantity(0, "B"), "0 B");
  EXPECT_EQ(quantity(78.64e12, "FLOP/s"), "78.64 TFLOP/s");
  EXPECT_EQ(time_text(Time::from_ns(820)), "820 ns");
  EXPECT_EQ(time_text(Time{}), "0 s");
}

TEST(Counts, AreGroupedInThousands) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1234567), "1,234,567");
  EXPECT_EQ(count_text(-1000), "-1,000");
}

TEST(Shares, ArePercent) {
  EXPECT_EQ(percent(0.4567), "45.7 %");
}

}  // namespace
}  // namespace trainyard
