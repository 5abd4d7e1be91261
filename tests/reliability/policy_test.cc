// SPDX-License-Identifier: Apache-2.0
#include "reliability/policy.h"

#include <gtest/gtest.h>

#include <string>

#include "base/fault.h"
#include "reliability/policy_table.h"
#include "reliability/sensitivity.h"

namespace trainyard {
namespace {

Document default_document() {
  return read_document(std::string(TRAINYARD_SOURCE_DIR) +
                       "/machines/reliability/large-clusters.toml");
}

JobShape shape_of(std::int64_t chips) {
  return {.chips = chips,
          .chips_per_node = 16,
          .replicas = 16,
          .step_s = 10,
          .checkpoint_bytes = 5e12,
          .sharded = true};
}

TEST(Policy, IsAJobWithTheProfilesRatesForItsSize) {
  const ReliabilityProfile profile = read_reliability(default_document());
  const ReliabilityPolicy policy = {
      .spare_share = 0.1, .disk_minutes = 20, .memory_minutes = 2, .validation_minutes = 60};
  const ReliabilityJob job = make_job(profile, policy, shape_of(4096));
  EXPECT_EQ(job.spare_nodes, 26);
  EXPECT_EQ(job.disk.interval_steps, 120);
  EXPECT_EQ(job.memory.interval_steps, 12);
  EXPECT_EQ(job.validation.interval_steps, 360);
  EXPECT_NEAR(job.disk.write_s(), 5e12 / (4096 * 0.15e9), 1e-9);
  EXPECT_NEAR(job.disk.pause_s, 5e12 / (4096 * 20e9), 1e-9);
  EXPECT_FALSE(job.elastic.enabled);
}

TEST(Policy, SearchesEveryIntervalThatIsLeftOpen) {
  const ReliabilityProfile profile = read_reliability(default_document());
  constexpr double kBest = ReliabilityPolicy::kBest;
  const ReliabilityPolicy open = {
      .disk_minutes = kBest, .memory_minutes = kBest, .validation_minutes = kBest};
  const PolicyReport best = simulate_policy(profile, open, shape_of(65'536), {.runs = 20});
  EXPECT_EQ(best.searches.size(), 3U);
  const ReliabilityPolicy rare = {
      .disk_minutes = 240, .memory_minutes = 0, .validation_minutes = 1440};
  const PolicyReport worse = simulate_policy(profile, rare, shape_of(65'536), {.runs = 20});
  EXPECT_TRUE(worse.searches.empty());
  EXPECT_GT(best.goodput.goodput.low, worse.goodput.goodput.high + 0.1);
}

TEST(Policy, ThatIsAbsurdIsRefused) {
  const ReliabilityProfile profile = read_reliability(default_document());
  EXPECT_THROW(make_job(profile, {.spare_share = -0.1}, shape_of(64)), Fault);
  EXPECT_THROW(make_job(profile, {.disk_minutes = -7}, shape_of(64)), Fault);
  EXPECT_THROW(make_job(profile, {.days = -1}, shape_of(64)), Fault);
  EXPECT_THROW(make_job(profile, {.replicas_min_share = 2}, shape_of(64)), Fault);
  EXPECT_THROW(make_job(profile, {}, shape_of(0)), Fault);
}

ReliabilityQuestion question(const std::string& text) {
  const Document document = parse_toml(text, "scenario.toml");
  TableReader table = TableReader(document).table("reliability");
  return read_reliability_question(table);
}

TEST(Policy, IsReadFromAScenariosTable) {
  const ReliabilityQuestion asked = question(
      "[reliability]\ndays = 30\nmemory_minutes = \"best\"\ndisk_minutes = 15\nelastic = true\n"
      "runs = 200\nseed = 7\n");
  EXPECT_EQ(asked.policy.days, 30);
  EXPECT_EQ(asked.policy.memory_minutes, ReliabilityPolicy::kBest);
  EXPECT_EQ(asked.policy.disk_minutes, 15);
  EXPECT_TRUE(asked.policy.elastic);
  EXPECT_EQ(asked.options.runs, 200);
  EXPECT_EQ(asked.options.seed, 7U);
  EXPECT_EQ(question("").profile, "large-clusters");
}

TEST(Policy, FaultsOfATableNameItsLine) {
  for (const char* wrong : {"elastik = true", "days = -3", "disk_minutes = \"often\"",
                            "disk_minutes = -1", "runs = 0", "spare_share = \"a few\""}) {
    try {
      question(std::string("[reliability]\n") + wrong + "\n");
      ADD_FAILURE() << wrong;
    } catch (const Fault& fault) {
      EXPECT_NE(std::string(fault.what()).find("scenario.toml:2"), std::string::npos)
          << fault.what();
    }
  }
}

TEST(Sensitivity, NamesTheAssumptionsThatMoveGoodputMost) {
  const Document document = default_document();
  const ReliabilityPolicy policy = {.disk_minutes = 10, .validation_minutes = 60};
  const ReliabilityJob job = make_job(read_reliability(document), policy, shape_of(65'536));
  const GoodputSensitivity sensitivity =
      goodput_sensitivity(document, policy, shape_of(65'536), job, {.runs = 20});
  ASSERT_GT(sensitivity.moved.size(), 20U);
  EXPECT_LT(sensitivity.low, sensitivity.goodput - 0.01);
  EXPECT_GT(sensitivity.high, sensitivity.goodput + 0.01);
  // Failures are one in 45 minutes; restarts of five minutes cost the most.
  bool restarts_early = false;
  for (std::size_t i = 0; i < 6; ++i) {
    restarts_early |= sensitivity.moved[i].number.key == "restart.warm_up";
  }
  EXPECT_TRUE(restarts_early);
  for (const Moved& moved : sensitivity.moved) {
    if (moved.number.key == "restart.warm_up") {
      EXPECT_GT(moved.at_half, moved.at_double);
    }
  }
}

}  // namespace
}  // namespace trainyard
