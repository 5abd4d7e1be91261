// SPDX-License-Identifier: Apache-2.0
// The default profile against what has been published. Counts of Llama 3 are inputs and must come
// out as they went in; the share of time that it kept, BLOOM's failures and the spread of step
// times are predictions.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/fault.h"
#include "reliability/policy.h"
#include "reliability/step_noise.h"

namespace trainyard {
namespace {

ReliabilityProfile default_profile() {
  return read_reliability(read_document(std::string(TRAINYARD_SOURCE_DIR) +
                                        "/machines/reliability/large-clusters.toml"));
}

double interruptions(const GoodputReport& report, const std::string& name) {
  for (const KindReport& kind : report.kinds) {
    if (kind.name == name) return kind.failures;
  }
  ADD_FAILURE() << name;
  return 0;
}

// 405e9 parameters, 14 bytes each with master copy and moments; steps of 17 s.
JobShape llama_3() {
  return {.chips = 16'384,
          .chips_per_node = 8,
          .replicas = 128,
          .step_s = 17,
          .checkpoint_bytes = 405e9 * 14,
          .sharded = true};
}

TEST(Published, Llama3sInterruptionsComeOutByComponentAndMoreThanNinetyPercentIsKept) {
  const PolicyReport report =
      simulate_policy(default_profile(), {.days = 54}, llama_3(), {.runs = 200});
  const GoodputReport& goodput = report.goodput;
  EXPECT_NEAR(interruptions(goodput, "chip"), 148 + 19 + 17, 5);
  EXPECT_NEAR(interruptions(goodput, "hbm"), 72, 3);
  EXPECT_NEAR(interruptions(goodput, "network"), 35, 2);
  EXPECT_NEAR(interruptions(goodput, "silent"), 6, 1);
  EXPECT_NEAR(interruptions(goodput, "maintenance"), 47, 2);
  double unexpected = 0;
  for (const char* name : {"chip", "hbm", "host", "network", "silent", "software"}) {
    unexpected += interruptions(goodput, name);
  }
  EXPECT_NEAR(unexpected, 419, 8);
  EXPECT_GT(goodput.effective, 0.90);
  EXPECT_LT(goodput.effective, 0.96);
}

TEST(Published, BloomsFailuresAreOneOrTwoAWeek) {
  ReliabilityJob job = make_job(default_profile(), {}, {.chips = 384, .chips_per_node = 8});
  const double a_week = failures_per_s(job, Effect::stops) * 7 * 86'400;
  EXPECT_GT(a_week, 1);
  EXPECT_LT(a_week, 2);
}

// 6.5 and 2.34 in 1,000 node-days: the spread between clusters is what a rate can be trusted to.
TEST(Published, MetasResearchClustersFailByAFactorOfTwoMoreAndLess) {
  ReliabilityJob job = make_job(default_profile(), {}, {.chips = 8000, .chips_per_node = 8});
  const double rate = failures_per_s(job, Effect::stops) * 86'400;  // of 1,000 nodes
  EXPECT_LT(rate / 2.34, 2);
  EXPECT_LT(6.5 / rate, 2);
}

TEST(Published, BloomsCheckpointIsItsWeightsAndTheOptimisersState) {
  JobShape bloom = {.chips = 384, .chips_per_node = 8, .checkpoint_bytes = 176.2e9 * 14};
  const ReliabilityJob job = make_job(default_profile(), {.asynchronous = false}, bloom);
  EXPECT_NEAR(bloom.checkpoint_bytes / 2.3e12, 1, 0.08);
  EXPECT_NEAR(job.disk.blocking_s() / 40, 1, 0.08);
}

struct JitterRun {
  const char* hardware;
  std::int64_t chips;
  double median_s;
  int steps;
  double p95, p99, most, least;  // over the median
};

// MLPerf Training v5.0 and v5.1 logs, Llama-3.1-405B (facts/scale-dev.csv, kind jitter).
constexpr JitterRun kRuns[] = {
    {"GB200", 512, 17.296, 859, 1.01757, 1.05415, 1.17316, 0.99427},
    {"GB200", 1024, 8.4484, 1098, 1.00674, 1.01274, 1.33848, 0.98948},
    {"GB200", 1536, 8.5046, 779, 1.00916, 1.31984, 2.2088, 0.98871},
    {"GB200", 2048, 7.1644, 777, 1.01962, 1.06499, 1.4071, 0.98405},
    {"GB200", 2560, 3.1892, 1029, 1.03665, 1.07253, 3.8044, 0.98529},
    {"GB200", 5120, 2.2275, 787, 1.03771, 1.16022, 5.58608, 0.97895},
    {"H100", 2048, 14.2202, 779, 1.00544, 1.11434, 2.65299, 0.99254},
    {"H100", 2560, 11.1742, 774, 1.08, 1.30036, 2.37189, 0.99113},
    {"H100", 8192, 5.1801, 651, 1.02751, 1.32492, 1.60364, 0.97911},
    {"H200", 1024, 25.3564, 738, 1.02769, 1.20002, 1.82719, 0.99272},
};

TEST(Published, StepTimesSpreadAsInMlperfsLogsWithinTheirScatter) {
  double squares = 0, bias = 0, p95_error = 0;
  int count = 0;
  for (const JitterRun& run : kRuns) {
    ReliabilityJob job = make_job(
        default_profile(), {}, {.chips = run.chips, .chips_per_node = 8, .step_s = run.median_s});
    job.noise_in_step_chips = run.chips;
    const StepDistribution steps(job);
    const double once = std::pow(0.5, 1.0 / run.steps);  // the median of the longest of them
    const double predicted[] = {steps.quantile_s(0.95), steps.quantile_s(0.99),
                                steps.quantile_s(once), steps.quantile_s(1 - once)};
    const double measured[] = {run.p95, run.p99, run.most, run.least};
    std::cout << run.hardware << " " << run.chips << ":";
    for (int i = 0; i < 4; ++i) {
      const double ratio = predicted[i] / run.median_s;
      std::cout << "  " << ratio << " (" << measured[i] << ")";
      const double error = std::log(std::abs(ratio - 1) / std::abs(measured[i] - 1));
      squares += error * error;
      bias += error;
      ++count;
    }
    std::cout << "\n";
    p95_error = std::max(p95_error, std::abs(predicted[0] / run.median_s / run.p95 - 1));
  }
  EXPECT_LT(std::exp(std::sqrt(squares / count)), 2.3);  // of the distance from the median
  EXPECT_LT(std::abs(bias / count), 0.2);
  EXPECT_LT(p95_error, 0.07);
}

TEST(Profile, EveryNumberHasASourceAndAssumedOnesAReason) {
  const ReliabilityProfile profile = default_profile();
  EXPECT_GE(profile.numbers.size(), 40U);
  for (const SourcedNumber& number : profile.numbers) {
    EXPECT_FALSE(number.source.empty()) << number.key;
    EXPECT_EQ(number.origin == "assumed", !number.why.empty()) << number.key;
  }
}

TEST(Profile, OneNumberCanBeScaled) {
  const Document document = read_document(std::string(TRAINYARD_SOURCE_DIR) +
                                          "/machines/reliability/large-clusters.toml");
  const ReliabilityProfile profile = read_reliability(document, Scaled{"chip.rate", 3});
  EXPECT_DOUBLE_EQ(profile.failures[0].per_chip_day, 3 * 2.080e-4);
  EXPECT_DOUBLE_EQ(profile.failures[1].per_chip_day, 8.138e-5);
}

std::string refusal(const std::string& text) {
  try {
    read_reliability(parse_toml(text, "wrong.toml"));
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::usage);
    return fault.what();
  }
  ADD_FAILURE() << "not refused";
  return "";
}

TEST(Profile, FaultsNameFileLineAndTheWayOut) {
  const std::string head = "title = \"t\"\n[[failure]]\nname = \"chip\"\neffect = \"stops\"\n";
  EXPECT_NE(refusal(head + "rate = { value = -1, unit = \"1/day\", source = \"s\", origin = "
                           "\"derived\" }\n")
                .find("wrong.toml:5"),
            std::string::npos);
  EXPECT_NE(refusal(head + "rate = { value = 1, unit = \"1/week\", source = \"s\", origin = "
                           "\"derived\" }\n")
                .find("write one of 1/(chip day), 1/(node day), 1/day"),
            std::string::npos);
  EXPECT_NE(refusal(head + "rate = { value = 1, unit = \"1/day\", source = \"s\", origin = "
                           "\"assumed\" }\n")
                .find("an assumed number says why"),
            std::string::npos);
  EXPECT_NE(refusal(head + "rat = 3\n").find("rat"), std::string::npos);
}

}  // namespace
}  // namespace trainyard
