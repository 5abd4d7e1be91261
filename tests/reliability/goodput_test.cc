// SPDX-License-Identifier: Apache-2.0
#include "reliability/goodput.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "base/fault.h"
#include "reliability/jobs.h"

namespace trainyard {
namespace {

// Failures come exponentially with `gap_s` between them; a checkpoint of `pause_s` follows every
// `interval_s` of steps, a failure is found after `detection_s`, a restart takes `restart_s` and is
// begun again by a failure. Share of the time that a long job keeps: Daly's exact expectation,
// with detection.
double kept_share(double gap_s, double interval_s, double pause_s, double detection_s,
                  double restart_s) {
  const double rate = 1 / gap_s;
  return interval_s / (std::expm1(rate * (interval_s + pause_s)) * (gap_s + detection_s) *
                       std::exp(rate * restart_s));
}

TEST(Goodput, OfExponentialFailuresAtAFixedIntervalIsTheClosedFormsExpectation) {
  for (const double gap_s : {300.0, 1500.0, 20'000.0}) {
    for (const std::int64_t steps : {7, 50, 400}) {
      for (const double detection_s : {0.0, 90.0}) {
        ReliabilityJob job = simple_job(gap_s);
        job.days = 200;
        job.disk.interval_steps = steps;
        job.failures[0].detection.mean_s = detection_s;
        const double expected =
            kept_share(gap_s, 2.0 * static_cast<double>(steps), 30, detection_s, 180);
        const GoodputReport report = simulate_goodput(job, {.runs = 40});
        const double error = 2 * (report.goodput.high - report.goodput.low) / 2 + 1e-3 * expected;
        EXPECT_NEAR(report.goodput.mean, expected, error)
            << gap_s << " s, " << steps << " steps, " << detection_s << " s";
      }
    }
  }
}

TEST(Goodput, SharesAddUpToOneExactlyInAnyOrder) {
  ReliabilityJob job = everything_job();
  const GoodputReport report = simulate_goodput(job, {.runs = 20});
  EXPECT_EQ(std::accumulate(report.shares.begin(), report.shares.end(), 0.0), 1.0);
  EXPECT_EQ(std::accumulate(report.shares.rbegin(), report.shares.rend(), 0.0), 1.0);
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    EXPECT_GT(report.shares[cause], 0) << cause_name(static_cast<Cause>(cause));
  }
  EXPECT_NEAR(report.share(Cause::useful), report.goodput.mean, 1e-9);
  EXPECT_NEAR(report.steps.mean * job.step_s, report.goodput.mean * job.days * 86'400, 1);
}

TEST(Goodput, HasTheSameBitsOnAnyNumberOfThreads) {
  const ReliabilityJob job = everything_job();
  JsonWriter one, four;
  write_goodput(one, simulate_goodput(job, {.runs = 30, .seed = 5, .threads = 1}));
  write_goodput(four, simulate_goodput(job, {.runs = 30, .seed = 5, .threads = 4}));
  EXPECT_EQ(one.text(), four.text());
  JsonWriter other;
  write_goodput(other, simulate_goodput(job, {.runs = 30, .seed = 6, .threads = 1}));
  EXPECT_NE(one.text(), other.text());
}

TEST(Goodput, IsOneWhenNothingFailsAndNothingIsSaved) {
  ReliabilityJob job;
  job.days = 1;
  const GoodputReport report = simulate_goodput(job, {.runs = 3});
  EXPECT_EQ(report.goodput.mean, 1);
  EXPECT_EQ(report.interruptions.mean, 0);
  EXPECT_DOUBLE_EQ(report.steps.mean, 86'400);
}

TEST(Goodput, PausesForCheckpointsAreTheirShareOfThePeriod) {
  ReliabilityJob job = simple_job(1e9);
  job.failures.clear();
  job.disk.interval_steps = 100;  // 200 s of steps, 30 s of writing
  const GoodputReport report = simulate_goodput(job, {.runs = 1});
  EXPECT_NEAR(report.share(Cause::disk_checkpoint), 30.0 / 230, 1e-4);
}

TEST(Goodput, InterruptionsByKindAreTheirRatesTimesTheTimeThatTheJobRan) {
  ReliabilityJob job = simple_job(5000);
  job.failures.push_back(job.failures[0]);
  job.failures[1].name = "other";
  job.failures[1].per_day *= 3;
  job.days = 300;
  const GoodputReport report = simulate_goodput(job, {.runs = 20});
  EXPECT_NEAR(report.kinds[1].interruptions / report.kinds[0].interruptions, 3, 0.1);
  EXPECT_NEAR(report.kinds[0].failures * 5000 / (300 * 86'400), 1, 0.03);
}

TEST(Goodput, WithoutSparesTheJobWaitsForRepairs) {
  ReliabilityJob job = simple_job(20'000);
  job.disk.interval_steps = 100;
  job.failures[0].nodes = 1;
  job.failures[0].repair.mean_s = 7200;
  const GoodputReport without = simulate_goodput(job, {.runs = 50});
  job.spare_nodes = 20;
  const GoodputReport with = simulate_goodput(job, {.runs = 50});
  // One failure every 20,000 s of running or restarting, each a busy period of repairs, during
  // which nodes fail too.
  const double waiting_s = 20'000 * std::expm1(7200.0 / 20'000);
  EXPECT_NEAR(without.share(Cause::waiting), waiting_s / (20'000 + waiting_s), 0.01);
  EXPECT_EQ(with.share(Cause::waiting), 0);
  EXPECT_GT(with.goodput.mean, without.goodput.mean + 0.15);
}

TEST(Goodput, ElasticJobsLoseTheShareOfTheReplicasThatAreOut) {
  ReliabilityJob job = simple_job(20'000);
  job.chips = 800;
  job.chips_per_node = 8;  // 100 nodes in 10 replicas
  job.failures[0].nodes = 1;
  job.failures[0].repair = {40'000, Spread::exponential};
  job.elastic = {.enabled = true, .replicas = 10, .replicas_min = 1, .regroup_s = 0};
  const GoodputReport report = simulate_goodput(job, {.runs = 100});
  // Two nodes out on average, Poisson; up to ten of them cost one replica when packed together.
  EXPECT_NEAR(report.share(Cause::degraded), 0.1 * (1 - std::exp(-2 * 0.9)), 0.015);
  EXPECT_EQ(report.share(Cause::waiting), 0);
  EXPECT_EQ(report.disk_restores, 0);
}

TEST(Goodput, SilentCorruptionCostsTheWorkSinceTheLastValidation) {
  ReliabilityJob job = simple_job(100'000);
  job.failures[0].effect = Effect::corrupts;
  job.disk.interval_steps = 100;  // 230 s
  job.validation = {.interval_steps = 5000, .seconds = 0, .found = 1};
  job.days = 400;
  const GoodputReport report = simulate_goodput(job, {.runs = 20});
  // Once in a gap, a whole interval between validations is lost.
  const double period_s = 50 * 230.0, rate = 1e-5;
  const double periods = std::exp(rate * period_s);  // until one is clean
  EXPECT_NEAR(report.goodput.mean, 10'000 / (periods * period_s + (periods - 1) * 180), 0.01);
  job.validation.found = 0;
  const GoodputReport blind = simulate_goodput(job, {.runs = 20});
  EXPECT_NEAR(blind.corruptions_unfound, 400 * 0.864, 20);
  EXPECT_EQ(blind.share(Cause::rework), 0);
}

TEST(Goodput, SlowChipsCostTheirSlowdownUntilTheyAreFound) {
  ReliabilityJob job = simple_job(100'000);
  job.failures[0].effect = Effect::slows;
  job.failures[0].slowdown = 0.25;
  job.failures[0].detection = {50'000, Spread::exponential};
  job.elastic = {.enabled = true, .replicas = 1, .replicas_min = 1, .regroup_s = 0};
  job.disk.interval_steps = 0;
  job.days = 1000;
  const GoodputReport report = simulate_goodput(job, {.runs = 20});
  const double some = 1 - std::exp(-0.5);  // of the time there is one at least
  EXPECT_NEAR(report.share(Cause::straggler), some * 0.2, 0.01);
}

TEST(Goodput, PlannedStopsLoseNoStep) {
  ReliabilityJob job = simple_job(100'000);
  job.failures[0].effect = Effect::planned;
  job.failures[0].repair.mean_s = 1000;
  job.disk.interval_steps = 100;
  const GoodputReport report = simulate_goodput(job, {.runs = 20});
  EXPECT_LT(report.share(Cause::rework), 1e-9);
  EXPECT_NEAR(report.share(Cause::maintenance), 0.01, 0.003);
}

TEST(Goodput, AsynchronousCheckpointsPauseForTheirCopyOnlyAndCountOnceWritten) {
  ReliabilityJob job = simple_job(2000);
  job.disk.interval_steps = 100;  // every 200 s
  job.days = 100;
  const double blocking = simulate_goodput(job, {.runs = 20}).goodput.mean;
  job.disk.asynchronous = true;
  job.disk.pause_s = 1;
  job.disk.bytes *= 5;  // 150 s of writing, so that reading takes 150 s too
  job.disk.read_bytes_per_s *= 5;
  const GoodputReport report = simulate_goodput(job, {.runs = 20});
  EXPECT_GT(report.goodput.mean, blocking + 0.05);
  EXPECT_NEAR(report.share(Cause::disk_checkpoint) / report.goodput.mean, 0.005, 0.001);
  // What is done again: all before the first checkpoint is written, 351 s; later the 150 s of its
  // writing and the time since.
  const double rate = 1.0 / 2000, first_s = 351, cycle_s = 201;
  const double early = 2000 * (1 - std::exp(-rate * first_s) * (1 + rate * first_s));
  const double late =
      std::exp(-rate * first_s) * (150 + 2000 - cycle_s / std::expm1(rate * cycle_s));
  EXPECT_NEAR(report.share(Cause::rework) * 100 * 86'400 / report.disk_restores, early + late, 6);
}

TEST(Goodput, MemoryCheckpointsAreLostWithTheirProbability) {
  ReliabilityJob job = simple_job(5000);
  job.disk.interval_steps = 1000;
  job.memory = {
      .interval_steps = 10, .bytes = 1e9, .write_bytes_per_s = 1e9, .read_bytes_per_s = 1e9};
  job.failures[0].copy_lost = 0.25;
  job.days = 200;
  const GoodputReport report = simulate_goodput(job, {.runs = 20});
  EXPECT_NEAR(report.disk_restores / (report.disk_restores + report.memory_restores), 0.25, 0.03);
}

}  // namespace
}  // namespace trainyard
