// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/fault.h"
#include "base/nearest.h"

namespace trainyard {
namespace {

TEST(Fault, NamesPlaceInstructionOperandRuleAndWayOut) {
  Fault fault(FaultKind::program, "at most 128 partitions", "split the tile");
  fault.in("nc_matmul", "moving").at({"kernel.py", 12});
  EXPECT_STREQ(fault.what(),
               "kernel.py:12: nc_matmul: moving: at most 128 partitions (split the tile)");
}

TEST(NearestName, FindsATypoAndNothingForAStranger) {
  EXPECT_EQ(nearest_name("bandwith", {"bandwidth", "latency"}), "bandwidth");
  EXPECT_EQ(nearest_name("qqqqqqqq", {"bandwidth", "latency"}), "");
}

}  // namespace
}  // namespace trainyard
