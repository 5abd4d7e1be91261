// SPDX-License-Identifier: Apache-2.0
#include "planner/search.h"

#include <algorithm>
#include <random>
#include <set>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "planner/front.h"
#include "planner/search_fixture.h"
#include "planner/search_view.h"
#include "seed.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

auto degrees(const FoundPlan& found) {
  return std::make_tuple(found.chips, found.plan.tensor, found.plan.context, found.plan.pipeline,
                         found.plan.expert);
}

std::set<FrontPoint> points(const std::vector<FoundPlan>& plans, Objective objective) {
  std::set<FrontPoint> all;
  for (const FoundPlan& found : plans) {
    all.insert({found.seconds, found.memory_bytes,
                objective == Objective::cost ? found.cost_usd : found.energy_j});
  }
  return all;
}

std::set<FrontPoint> front_of(const std::set<FrontPoint>& all) {
  Front front;
  std::size_t number = 0;
  for (const FrontPoint& point : all) front.add(point, number++);
  std::set<FrontPoint> members;
  for (const Front::Member& member : front.members()) members.insert(member.point);
  return members;
}

// Values of the runner-up: the best of those whose degrees are not those of `best`.
double second(const Everything& all, const FoundPlan& best, Objective objective) {
  double least = std::numeric_limits<double>::infinity();
  for (const FoundPlan& found : all.fitting) {
    if (degrees(found) != degrees(best)) least = std::min(least, found.value(objective));
  }
  return least;
}

void expect_as_everything(const std::string& text) {
  const SearchSpace space = space_of(text);
  const SearchResult result = search_plans(space);
  const Everything all = try_everything(space);
  ASSERT_TRUE(all.best.has_value());
  EXPECT_EQ(result.best.value(space.objective), all.best->value(space.objective)) << text;
  const double runner_up = second(all, result.best, space.objective);
  ASSERT_EQ(result.runner_up.has_value(), std::isfinite(runner_up)) << text;
  if (result.runner_up.has_value()) {
    EXPECT_EQ(result.runner_up->value(space.objective), runner_up) << text;
  }
  EXPECT_EQ(points(result.front, space.objective), front_of(points(all.fitting, space.objective)))
      << text;
  const auto fitting = static_cast<std::int64_t>(all.fitting.size());
  EXPECT_LE(result.counts.evaluated, result.counts.plans);
  EXPECT_GE(result.counts.plans - result.counts.too_large, fitting);
}

TEST(Search, FindsWhatTryingEverythingFinds) {
  std::mt19937_64 random(test::printed_seed());
  const auto one_of = [&](const std::vector<const char*>& choices) {
    return choices[random() % choices.size()];
  };
  for (int round = 0; round < 8; ++round) {
    const std::string text = fmt::format(
        "{}[plan]\n{}\n{}\n[search]\nobjective = \"{}\"\nmemory_share = {}\n{}\n{}\n{}\n", kSmall,
        one_of({"tensor = 4", "tensor = 8", "zero = 1"}),
        one_of({"context = 1", "expert = 4", "recompute = \"none\""}),
        one_of({"time", "cost", "energy"}), one_of({"1", "0.5", "0.25"}),
        one_of({"chips = [8, 16]", "micro_batch = [1, 2]", ""}),
        "virtual_stages = [1, 2]\npipeline = [1, 2, 4, 6]\n[run]\n",
        one_of({"price_usd_per_chip_hour = 2", "capital_usd_per_chip = 20000\nusd_per_kwh = 0.1"}));
    expect_as_everything(text);
    if (HasFailure()) return;
  }
}

TEST(Search, OfADenseModelToo) {
  std::string text = kSmall;
  text.erase(text.find("experts"), text.find("[training]") - text.find("experts"));
  expect_as_everything(text + "[search]\nschedule = [\"gpipe\", \"1f1b\", \"zero-bubble\"]\n");
}

TEST(Search, IsTheSameOnTwoThreads) {
  const SearchSpace space = space_of(std::string(kSmall) + "[plan]\nzero = 1\ncontext = 1\n");
  EXPECT_EQ(search_json(space, search_plans(space, 1)), search_json(space, search_plans(space, 2)));
}

TEST(Search, LeavesMostPlansUnevaluated) {
  const SearchResult result = search_plans(space_of(kSmall));
  EXPECT_GT(result.counts.plans, 3000);
  EXPECT_LT(result.counts.evaluated * 10, result.counts.plans);
}

TEST(Search, KeepsWhatThePlanFixesAndTheSearchAllows) {
  const SearchResult result =
      search_plans(space_of(std::string(kSmall) +
                            "[plan]\ntensor = 8\nzero = 3\nrecompute = \"full\"\n[search]\n"
                            "pipeline = { from = 2, to = 3 }\nsequence_parallel = [false]\n"));
  for (const FoundPlan& found : result.front) {
    EXPECT_EQ(found.plan.tensor, 8);
    EXPECT_EQ(found.plan.zero, 3);
    EXPECT_EQ(found.plan.recompute, Recompute::full);
    EXPECT_GE(found.plan.pipeline, 2);
    EXPECT_LE(found.plan.pipeline, 3);
    EXPECT_FALSE(found.plan.sequence_parallel);
  }
}

TEST(Search, SaysWhichShareTheRunnerUpLosesBy) {
  const SearchSpace space = space_of(std::string(kSmall) + "[plan]\nzero = 1\ncontext = 1\n");
  const SearchResult result = search_plans(space);
  ASSERT_TRUE(result.runner_up.has_value());
  EXPECT_THAT(search_text(space, result), HasSubstr("it loses by "));
  EXPECT_THAT(search_json(space, result), HasSubstr("\"more_than_best\""));
}

}  // namespace
}  // namespace trainyard
