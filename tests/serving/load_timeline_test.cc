// SPDX-License-Identifier: Apache-2.0
#include "serving/load_timeline.h"

#include <gtest/gtest.h>

#include <random>

#include "seed.h"

namespace trainyard {
namespace {

TEST(LoadTimeline, keeps_sums_whatever_the_length_of_the_run) {
  std::mt19937_64 random(test::printed_seed());
  LoadTimeline timeline(5);
  double busy_s = 0, sequence_s = 0, page_s = 0, last_s = 5;
  for (int i = 0; i < 3000; ++i) {
    const double from_s = 5 + static_cast<double>(random() % 1000000) * 1e-3 * i / 3000;
    const double seconds = static_cast<double>(random() % 10000) * 1e-3;
    const auto sequences = static_cast<double>(random() % 100);
    timeline.add(from_s, seconds, sequences, 3);
    busy_s += seconds;
    sequence_s += seconds * sequences;
    page_s += seconds * 3;
    last_s = std::max(last_s, from_s + seconds);
  }
  LoadTimeline::Load sum;
  for (const LoadTimeline::Load& load : timeline.stretches()) {
    sum.busy_s += load.busy_s;
    sum.sequence_s += load.sequence_s;
    sum.page_s += load.page_s;
  }
  EXPECT_NEAR(sum.busy_s, busy_s, 1e-9 * busy_s);
  EXPECT_NEAR(sum.sequence_s, sequence_s, 1e-9 * sequence_s);
  EXPECT_NEAR(sum.page_s, page_s, 1e-9 * page_s);
  EXPECT_LE(timeline.stretches().size(), LoadTimeline::kStretches);
  EXPECT_GT(timeline.stretches().size(), LoadTimeline::kStretches / 2 - 2);
  EXPECT_GE(5 + timeline.stretch_s() * static_cast<double>(timeline.stretches().size()), last_s);
}

TEST(LoadTimeline, lays_a_load_where_it_was) {
  LoadTimeline timeline(0);
  timeline.add(0, 0.2395, 0, 0);  // 240 stretches of 1 ms
  timeline.add(0.0105, 0.001, 2, 0);
  EXPECT_NEAR(timeline.stretches()[10].sequence_s, 0.001, 1e-12);
  EXPECT_NEAR(timeline.stretches()[11].sequence_s, 0.001, 1e-12);
  EXPECT_EQ(timeline.stretches()[12].sequence_s, 0);
  timeline.add(0.4, 0.079, 0, 0);  // now 2 ms each
  EXPECT_NEAR(timeline.stretches()[5].sequence_s, 0.002, 1e-12);
  EXPECT_NEAR(timeline.stretches()[5].busy_s, 0.003, 1e-12);
}

}  // namespace
}  // namespace trainyard
