// SPDX-License-Identifier: Apache-2.0
#include "planner/front.h"

#include <random>

#include <gtest/gtest.h>

#include "seed.h"

namespace trainyard {
namespace {

TEST(Front, KeepsThosePointsThatNoOtherBeats) {
  std::mt19937_64 random(test::printed_seed());
  for (int round = 0; round < 200; ++round) {
    std::vector<FrontPoint> points(1 + random() % 40);
    Front front;
    for (std::size_t i = 0; i < points.size(); ++i) {
      for (double& value : points[i]) value = static_cast<double>(random() % 5);
      front.add(points[i], i);
    }
    std::vector<bool> kept(points.size(), false);
    for (const Front::Member& member : front.members()) kept[member.number] = true;
    for (std::size_t i = 0; i < points.size(); ++i) {
      bool beaten = false;
      for (std::size_t j = 0; j < points.size(); ++j) {
        const FrontPoint &a = points[j], &b = points[i];
        const bool at_most = a[0] <= b[0] && a[1] <= b[1] && a[2] <= b[2];
        beaten = beaten || (at_most && (a != b || j < i));
      }
      ASSERT_EQ(kept[i], !beaten);
    }
  }
}

}  // namespace
}  // namespace trainyard
