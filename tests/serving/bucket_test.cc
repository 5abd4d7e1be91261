// SPDX-License-Identifier: Apache-2.0
// Programs compiled for fixed lengths, and attention whose scores are passed over one by one.
#include <gtest/gtest.h>

#include "base/fault.h"
#include "serving/token_gaps.h"
#include "serving_fixture.h"

namespace trainyard {
namespace {

std::string bucketed(const std::string& more = {}) {
  return changed(kServing, "[serving]\n",
                 "[serving]\nfirst_bucket = 128\nlast_bucket = 3000\n" + more);
}

std::string with_passes(const std::string& text) {
  return changed(text, "[plan]", "[software]\nscore_passes = 3\n[plan]");
}

TEST(Buckets, DoubleFromTheFirstToTheLast) {
  const ServingOptions options = serving_of(bucketed()).options;
  EXPECT_EQ(bucket_of(options, 1), 128);
  EXPECT_EQ(bucket_of(options, 128), 128);
  EXPECT_EQ(bucket_of(options, 129), 256);
  EXPECT_EQ(bucket_of(options, 2049), 3000);
  EXPECT_EQ(bucket_of(serving_of(kServing).options, 129), 129);
}

// Tokens 201 to 300 of the sequence: 56 in the bucket of 256, the others in that of 512.
TEST(Buckets, ATokenMeetsAllKeysOfItsBucket) {
  const ServingScenario scenario = serving_of(bucketed());
  const ServingReport report = serve(scenario, alike(1, 0, 200, 101));
  IterationTimes times(scenario);
  IterationWork prompt, token;
  prompt.tokens = 256;
  prompt.rows = 1;
  prompt.prompt_pairs = 256 * 257 / 2;
  prompt.prompt_keys = 256;
  EXPECT_NEAR(report.ttft_s.mean, times.of(prompt).seconds(), 1e-12);
  token.tokens = token.rows = token.decode_rows = 1;
  token.decode_keys = 256;
  const double short_s = times.of(token).seconds();
  token.decode_keys = 512;
  const double long_s = times.of(token).seconds();
  EXPECT_NEAR(report.tpot_s.mean * 100, 56 * short_s + 44 * long_s, 1e-9);
  EXPECT_NEAR(report.itl_s.p50, short_s, 1e-3 * short_s);
  EXPECT_NEAR(report.itl_s.p90, long_s, 1e-3 * long_s);
  EXPECT_NEAR(report.itl_s.mean, report.tpot_s.mean, 1e-9);
}

TEST(Buckets, TheLongestOfABatchSaysTheBucket) {
  const ServingScenario scenario =
      serving_of(changed(bucketed("batching = \"whole\"\n"), "max_batch = 64", "max_batch = 2"));
  std::vector<Request> requests = alike(2, 0, 100, 11);
  requests[1].input = 1000;
  const ServingReport report = serve(scenario, requests);
  IterationTimes times(scenario);
  IterationWork token;
  token.tokens = token.rows = token.decode_rows = 2;
  token.decode_keys = 2 * 1024;
  EXPECT_NEAR(report.itl_s.mean, times.of(token).seconds(), 1e-9);
}

TEST(Buckets, ALongerRequestThanTheLastIsRefused) {
  try {
    serve(serving_of(bucketed()), alike(1, 0, 2000, 1001));
    FAIL();
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::limit);
    EXPECT_NE(fault.message().find("last bucket"), std::string::npos) << fault.message();
  }
}

// 4 heads a rank: 64 sequences fill 256 lanes of the two cores of a rank as one does.
TEST(Passes, AColumnOfScoresCostsTheSameWithOneRowAsWithAllLanes) {
  const ServingScenario fused = serving_of(bucketed());
  const ServingScenario scenario = serving_of(with_passes(bucketed()));
  ASSERT_EQ(scenario.system.chip.vector_lanes, 256);
  IterationTimes with(scenario), without(fused);
  const auto passes_s = [&](double rows) {
    return rows * (with.key(rows).seconds() - without.key(rows).seconds());
  };
  const double expected_s = 32 * 3 / scenario.system.chip.vector_hz;
  EXPECT_NEAR(passes_s(1), expected_s, 1e-6 * expected_s);
  EXPECT_NEAR(passes_s(64), expected_s, 1e-6 * expected_s);
  EXPECT_NEAR(passes_s(65), 2 * expected_s, 1e-6 * expected_s);
  EXPECT_GT(serve(scenario, alike(1, 0, 2000, 2)).ttft_s.mean,
            serve(fused, alike(1, 0, 2000, 2)).ttft_s.mean);
}

TEST(Passes, AChipWithoutVectorEngineHasNone) {
  const std::string text =
      changed(changed(kServing, "trn2-ultraserver", "hgx-h100"), "chips = 2", "chips = 8");
  serving_of(text);
  try {
    serving_of(with_passes(text));
    FAIL();
  } catch (const Fault& fault) {
    EXPECT_NE(fault.message().find("VectorE"), std::string::npos) << fault.message();
    EXPECT_EQ(fault.message().rfind("serving.toml:", 0), 0u) << fault.message();
  }
}

TEST(TokenGaps, HavePercentilesOfWhatGrowsEvenly) {
  TokenGaps gaps;
  EXPECT_EQ(gaps.percentile(0.5), 0);
  gaps.add(0.010, 0.020, 1000);
  EXPECT_NEAR(gaps.mean(), 0.015, 1e-12);
  for (const double share : {0.1, 0.5, 0.9}) {
    EXPECT_NEAR(gaps.percentile(share), 0.010 + 0.010 * share, 0.02 * 0.015);
  }
  gaps.add(1, 1, 9000);
  EXPECT_NEAR(gaps.percentile(0.5), 1, 1e-3);
}

}  // namespace
}  // namespace trainyard
