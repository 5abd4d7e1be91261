// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/page.h"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/counter_random.h"
#include "cluster/scenario_fixture.h"
#include "cluster_report/markup_reader.h"
#include "seed.h"

namespace trainyard {
namespace {

std::string page_of(const std::string& text) {
  const Scenario scenario = scenario_of(text);
  return cluster_html(scenario, answer(scenario, true), text);
}

std::string with_schedule(const std::string& schedule) {
  const std::string batch = with(kLlama, "global_batch = 2048", "global_batch = 4096");
  return with(batch, "pipeline = 16\n",
              "pipeline = 16\nrecompute = \"full\"\nschedule = \"" + schedule + "\"\n");
}

TEST(ClusterPage, is_well_formed_for_every_schedule) {
  for (const char* schedule : {"gpipe", "1f1b", "interleaved", "zero-bubble", "dualpipe"}) {
    EXPECT_EQ(MarkupReader(page_of(with_schedule(schedule))).wrong, "") << schedule;
  }
}

TEST(ClusterPage, shows_every_number_that_the_json_has) {
  const std::string text = std::string(kLlama) +
                           "[run]\ntokens = 15.6e12\ngrid_kg_per_kwh = 0.35\n"
                           "[reliability]\nprofile = \"large-clusters\"\nruns = 20\n";
  const Scenario scenario = scenario_of(text);
  const ClusterAnswer answered = answer(scenario, true);
  const MarkupReader page(cluster_html(scenario, answered, text));
  const std::string json = cluster_json(scenario, answered);
  ASSERT_GT(numbers_of(json).size(), 80u);
  EXPECT_EQ(numbers_left_out(json, page), std::vector<std::string>());
}

TEST(ClusterPage, shows_what_other_intervals_would_leave_where_one_is_fixed) {
  const std::string text = std::string(kLlama) +
                           "[reliability]\nruns = 20\ndisk_minutes = 30\n"
                           "validation_minutes = 0\n[faults]\nslow_share = 0.001\n"
                           "slow_speed = 0.9\n";
  const Scenario scenario = scenario_of(text);
  const ClusterAnswer answered = answer(scenario, true);
  ASSERT_EQ(answered.goodput->intervals.size(), 1u);
  EXPECT_GT(answered.goodput->intervals[0].best.goodput.mean,
            answered.goodput->goodput.goodput.mean);
  EXPECT_LT(answered.goodput_with_faults(), answered.goodput->goodput.goodput.mean);
  const std::string page = cluster_html(scenario, answered, text);
  EXPECT_NE(page.find("How often: disk checkpoints"), std::string::npos);
  EXPECT_NE(page.find("this job"), std::string::npos);
  EXPECT_NE(page.find("With this scenario&#39;s faults it ends after"), std::string::npos);
  const MarkupReader reader(page);
  EXPECT_EQ(reader.wrong, "");
  EXPECT_EQ(numbers_left_out(cluster_json(scenario, answered), reader), std::vector<std::string>());
  const std::string words = cluster_text(scenario, answered);
  EXPECT_NE(words.find("goodput with one every"), std::string::npos);
  EXPECT_NE(words.find("what it rests on"), std::string::npos);
}

TEST(ClusterPage, says_what_faults_do_and_that_the_rest_is_without_them) {
  const Scenario scenario = read_scenario(read_document(
      std::string(TRAINYARD_SOURCE_DIR) + "/examples/clusters/deepseek-v3-trn3-9216-faults.toml"));
  const ClusterAnswer answered = answer(scenario, true);
  ASSERT_TRUE(answered.faults.has_value());
  const MarkupReader page(cluster_html(scenario, answered, ""));
  EXPECT_EQ(page.wrong, "");
  EXPECT_EQ(std::count(page.ids.begin(), page.ids.end(), "faults"), 1);
  EXPECT_NE(page.text.find("is without them"), std::string::npos);
  EXPECT_EQ(numbers_left_out(cluster_json(scenario, answered), page), std::vector<std::string>());
}

TEST(ClusterPage, takes_what_a_user_wrote_as_words_and_never_as_markup) {
  std::string text = with(kLlama, "Llama-3-405B", "</title><script>alert('&1')</script>\\u0007");
  text = with(text, "[model]\n", "[model]\nname = \"<img src=x onerror=alert(1)>\"\n");
  const std::string page = page_of(text);
  const MarkupReader reader(page);
  EXPECT_EQ(reader.wrong, "");
  EXPECT_EQ(std::count(reader.elements.begin(), reader.elements.end(), "script"), 1);
  EXPECT_EQ(std::count(reader.elements.begin(), reader.elements.end(), "img"), 0);
  EXPECT_NE(page.find("&lt;script&gt;alert(&#39;&amp;1&#39;)"), std::string::npos);
  EXPECT_EQ(page.find('\x07'), std::string::npos);
}

TEST(ClusterPage, needs_nothing_from_anywhere_else) {
  EXPECT_EQ(needed_from_elsewhere(page_of(kLlama)), std::vector<std::string>());
}

TEST(ClusterPage, says_in_words_and_tables_what_each_picture_shows) {
  const std::string page = page_of(kLlama);
  const MarkupReader reader(page);
  const auto count = [&](const char* element) {
    return std::count(reader.elements.begin(), reader.elements.end(), element);
  };
  EXPECT_EQ(count("svg"), 5);
  EXPECT_EQ(count("desc"), count("svg"));
  EXPECT_GE(count("table"), count("svg"));
  EXPECT_GE(count("title"), count("svg") + 1);
}

TEST(ClusterPage, is_the_same_text_each_time) {
  EXPECT_EQ(page_of(kLlama), page_of(kLlama));
}

TEST(ClusterPage, is_made_for_one_stage_and_one_micro_batch_too) {
  std::string text = with(kLlama, "chips = 16384", "chips = 8");
  text = with(text, "layers = 126", "layers = 2");
  text = with(text, "global_batch = 2048", "global_batch = 1");
  text = with(text, "pipeline = 16", "pipeline = 1");
  EXPECT_EQ(MarkupReader(page_of(text)).wrong, "");
}

TEST(ClusterPage, has_no_number_that_is_none_for_random_plans) {
  const std::uint64_t seed = test::printed_seed();
  CounterRandom random(seed, 0, 0);
  const auto one_of = [&](std::initializer_list<int> choices) {
    return *(choices.begin() + static_cast<std::ptrdiff_t>(random.word() % choices.size()));
  };
  for (int i = 0; i < 60; ++i) {
    const int pipeline = one_of({1, 2, 3, 9, 42}), micro_batches = one_of({1, 2, 9, 84, 300});
    const int data = one_of({1, 2, 7}), tensor = one_of({1, 8});
    std::string text =
        with(kLlama, "chips = 16384", fmt::format("chips = {}", pipeline * data * tensor));
    text =
        with(text, "global_batch = 2048", fmt::format("global_batch = {}", data * micro_batches));
    text = with(text, "tensor = 8", fmt::format("tensor = {}", tensor));
    text = with(text, "pipeline = 16", fmt::format("pipeline = {}", pipeline));
    const Scenario scenario = scenario_of(text);
    ClusterAnswer answered;  // memory may overflow
    answered.step = evaluate_step(scenario, true, true);
    answered.cost = run_cost(scenario, answered.step);
    answered.sensitivity = sensitivity(scenario, answered.step);
    const std::string page = cluster_html(scenario, answered, text);
    EXPECT_EQ(MarkupReader(page).wrong, "") << text;
    for (const char* none :
         {"\"nan", "\"-nan", "\"inf", ">nan", ">inf", "Mnan", "Lnan", "=\"-inf"}) {
      EXPECT_EQ(page.find(none), std::string::npos) << none << " of seed " << seed << " in\n"
                                                    << text;
    }
  }
}

TEST(ClusterPage, stays_small_however_long_the_schedule_is) {
  // One replica that has all 2048 sequences to itself, micro-batch by micro-batch.
  std::string text = with(kLlama, "chips = 16384", "chips = 128");
  text = with(text, "zero = 2", "zero = 2\nrecompute = \"full\"");
  const Scenario scenario = scenario_of(text);
  ClusterAnswer answered;
  answered.step = evaluate_step(scenario, true, true);
  answered.sensitivity = sensitivity(scenario, answered.step);
  const std::string page = cluster_html(scenario, answered, text);
  EXPECT_EQ(MarkupReader(page).wrong, "");
  EXPECT_LT(page.size(), 400'000u);
  EXPECT_NE(page.find("too long to be drawn whole"), std::string::npos);
}

}  // namespace
}  // namespace trainyard
