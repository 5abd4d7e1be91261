// SPDX-License-Identifier: Apache-2.0
#include "reliability/best_interval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "reliability/jobs.h"

namespace trainyard {
namespace {

TEST(BestInterval, IsDalysWhereFailuresAreRareAgainstEverythingElse) {
  ReliabilityJob job = simple_job(50'000);
  job.days = 200;
  const IntervalSearch search = best_interval(job, IntervalKind::disk, {.runs = 400});
  EXPECT_TRUE(search.young_valid) << search.remark;
  EXPECT_NEAR(search.young_s, std::sqrt(2.0 * 30 * 50'000), 1);
  EXPECT_NEAR(search.best.interval_s / search.daly_s, 1, 0.3);
  EXPECT_LT(search.good_from_s, search.daly_s);
  EXPECT_GT(search.good_to_s, search.daly_s);
  EXPECT_NEAR(search.young_goodput, search.best.goodput.mean, 0.002);
}

TEST(BestInterval, IsTheExactExpectationsWhereYoungsFormulaIsNotValid) {
  ReliabilityJob job = simple_job(120);
  const IntervalSearch search = best_interval(job, IntervalKind::disk, {.runs = 400});
  EXPECT_FALSE(search.young_valid);
  EXPECT_NE(search.remark.find("they are not"), std::string::npos) << search.remark;
  // Of the closed form the best interval solves rate * interval = 1 - exp(-rate * (interval + 30)).
  double exact_s = 60;
  for (int i = 0; i < 200; ++i) exact_s = 120 * -std::expm1(-(exact_s + 30) / 120);
  EXPECT_NEAR(search.best.interval_s / exact_s, 1, 0.25);
  EXPECT_LE(search.good_from_s, exact_s * 1.05);
  EXPECT_GE(search.good_to_s, exact_s * 0.95);
}

TEST(BestInterval, IsNoShorterThanAWriteTakes) {
  ReliabilityJob job = simple_job(500);
  job.disk.asynchronous = true;
  job.disk.pause_s = 0.01;
  const IntervalSearch search = best_interval(job, IntervalKind::disk, {.runs = 50});
  EXPECT_GE(search.best.interval_s, 30);
  EXPECT_NE(search.remark.find("a write takes 30 s"), std::string::npos) << search.remark;
}

TEST(BestInterval, OfValidationsIsTheRootOfTheirTimeOverTheRateOfCorruptions) {
  ReliabilityJob job = simple_job(200'000);
  job.failures[0].effect = Effect::corrupts;
  job.disk.interval_steps = 1;
  job.disk.bytes = 0;
  job.validation = {.interval_steps = 1, .seconds = 20, .found = 1};
  job.days = 300;
  const IntervalSearch search = best_interval(job, IntervalKind::validation, {.runs = 400});
  EXPECT_NEAR(search.young_s, 2000, 1);
  EXPECT_NEAR(search.best.interval_s / search.young_s, 1, 0.35);
}

TEST(BestInterval, IsWrittenWithAllThatWasTried) {
  JsonWriter json;
  write_search(json, best_interval(simple_job(5000), IntervalKind::disk, {.runs = 20}));
  for (const char* key : {"best_s", "young_s", "daly_s", "young_valid", "points", "goodput_low"}) {
    EXPECT_NE(json.text().find(key), std::string::npos) << key;
  }
}

}  // namespace
}  // namespace trainyard
