// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <gtest/gtest.h>

#include "cluster/scenario_fixture.h"
#include "cluster_report/markup.h"
#include "cluster_report/plot.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/scaling.h"
#include "cluster_report/timeline.h"

namespace trainyard {
namespace {

TEST(Quantities, have_three_digits_and_a_prefix) {
  EXPECT_EQ(seconds_text(0.00341), "3.41 ms");
  EXPECT_EQ(seconds_text(5.948), "5.95 s");
  EXPECT_EQ(seconds_text(9.999), "10 s");
  EXPECT_EQ(seconds_text(3 * 86'400.0), "3 days");
  EXPECT_EQ(si_text(1.2345e9, "W"), "1.23 GW");
  EXPECT_EQ(si_text(999.9, "W"), "1 kW");
  EXPECT_EQ(si_text(0, "W"), "0 W");
  EXPECT_EQ(bytes_text(80 * 1024.0 * 1024 * 1024), "80 GiB");
  EXPECT_EQ(count_text(1'000'080), "1,000,080");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(usd_text(91.3e6), "$91.3 M");
  EXPECT_EQ(percent_text(0.0123), "1.2 %");
  EXPECT_EQ(percent_text(0.41), "41 %");
}

TEST(Markup, refuses_to_end_with_something_open) {
  Markup page;
  page.open("p");
  EXPECT_THROW(page.finished(), Fault);
  page.close();
  EXPECT_EQ(page.finished(), "<p></p>\n");
  EXPECT_THROW(page.close(), Fault);
}

TEST(Markup, escapes_words_and_replaces_what_is_no_text) {
  EXPECT_EQ(escape_markup("a<b & \"c\" 'd' µ"), "a&lt;b &amp; &quot;c&quot; &#39;d&#39; µ");
  EXPECT_EQ(escape_markup("\xff\x01"), "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Axes, have_round_steps_within_their_ends) {
  EXPECT_EQ(round_steps(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(round_steps(3, 3, 5), std::vector<double>{3});
  const PlotAxis axis{10, 1000, 0, 100, true};
  EXPECT_NEAR(axis.at(100), 50, 1e-9);
}

TEST(Timeline, is_whole_where_it_can_be_seen_and_else_says_its_windows) {
  const PipelineSchedule little = make_schedule(ScheduleKind::one_f_one_b, 4, 1, 8);
  EXPECT_TRUE(timeline_view(little, 1).whole);
  EXPECT_EQ(timeline_view(little, 1).stages.size(), 4u);
  const PipelineSchedule large = make_schedule(ScheduleKind::one_f_one_b, 100, 1, 1000);
  const TimelineView view = timeline_view(large, 1);
  EXPECT_FALSE(view.whole);
  EXPECT_LT(2 * view.window_s, 1);
  EXPECT_EQ(view.stages.front(), 0u);
  EXPECT_EQ(view.stages.back(), 99u);
  EXPECT_LT(view.stages.size(), 30u);
}

TEST(Scaling, passes_through_the_scenario_itself) {
  const Scenario scenario = scenario_of(kLlama);
  const StepReport step = evaluate_step(scenario);
  const Scaling scaling = scaling_of(scenario);
  for (const auto* points : {&scaling.weak, &scaling.strong}) {
    int found = 0;
    std::int64_t before = 0;
    for (const ScalingPoint& point : *points) {
      EXPECT_GT(point.chips, before);
      before = point.chips;
      if (point.chips != scenario.chips) continue;
      ++found;
      EXPECT_EQ(point.seconds, step.seconds);
      EXPECT_TRUE(point.fits);
    }
    EXPECT_EQ(found, 1);
    EXPECT_GE(points->size(), 3u);
  }
}

TEST(Scaling, keeps_sequences_of_a_replica_or_the_batch) {
  const Scenario scenario = scenario_of(kLlama);
  const Scaling scaling = scaling_of(scenario);
  for (const ScalingPoint& point : scaling.weak) {
    EXPECT_EQ(point.global_batch, 16 * point.replicas);
    EXPECT_EQ(point.chips, 128 * point.replicas);
  }
  for (const ScalingPoint& point : scaling.strong) {
    EXPECT_EQ(point.global_batch, 2048);
    EXPECT_EQ(2048 % point.replicas, 0);
  }
}

TEST(Scaling, counts_replicas_in_whole_chips_and_expert_groups) {
  const Scenario scenario = read_scenario(read_document(
      std::string(TRAINYARD_SOURCE_DIR) + "/examples/clusters/deepseek-v3-trn3-9216.toml"));
  const Scaling scaling = scaling_of(scenario);
  ASSERT_GE(scaling.weak.size(), 8u);
  EXPECT_EQ(scaling.weak.front().chips * 4, scaling.weak.front().replicas * 4 * 9);
  for (const ScalingPoint& point : scaling.weak) EXPECT_EQ(point.replicas * 4 % 64, 0);
}

}  // namespace
}  // namespace trainyard
