// SPDX-License-Identifier: Apache-2.0
// Jobs that no one should ask for end in a fault that says why, or in an honest goodput near zero;
// never in a hang.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "base/counter_random.h"
#include "base/fault.h"
#include "reliability/goodput.h"
#include "reliability/jobs.h"

namespace trainyard {
namespace {

void refused(const std::string& words, const std::function<void(ReliabilityJob&)>& spoil,
             FaultKind kind = FaultKind::usage) {
  ReliabilityJob job = everything_job();
  spoil(job);
  try {
    simulate_goodput(job, {.runs = 2});
    ADD_FAILURE() << "not refused: " << words;
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), kind) << fault.what();
    EXPECT_NE(std::string(fault.what()).find(words), std::string::npos) << fault.what();
  }
}

TEST(WrongJobs, AreRefusedWithTheNumberThatIsWrong) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  refused("failures per day must be", [](auto& job) { job.failures[0].per_day = -1; });
  refused("failures per chip and day", [&](auto& job) { job.failures[0].per_chip_day = nan; });
  refused("failures per node and day", [&](auto& job) { job.failures[1].per_node_day = infinity; });
  refused("detection must be", [](auto& job) { job.failures[0].detection.mean_s = -3; });
  refused("repair: cv", [](auto& job) { job.failures[0].repair = {1, Spread::lognormal, -1}; });
  refused("nodes must be", [](auto& job) { job.failures[0].nodes = -1; });
  refused("copy in memory", [](auto& job) { job.failures[0].copy_lost = 1.5; });
  refused("slowdown", [](auto& job) { job.failures[2].slowdown = -0.5; });
  refused("chips must be", [](auto& job) { job.chips = 0; });
  refused("chips of a node", [](auto& job) { job.chips_per_node = -8; });
  refused("spare nodes", [](auto& job) { job.spare_nodes = -1; });
  refused("days must be", [](auto& job) { job.days = 0; });
  refused("days must be", [&](auto& job) { job.days = nan; });
  refused("a step must be", [](auto& job) { job.step_s = 0; });
  refused("shape of the times", [](auto& job) { job.gap_shape = 0; });
  refused("disk checkpoint: writing", [](auto& job) { job.disk.write_bytes_per_s = 0; });
  refused("memory checkpoint: reading", [](auto& job) { job.memory.read_bytes_per_s = -1; });
  refused("disk checkpoint: steps", [](auto& job) { job.disk.interval_steps = -1; });
  refused("to write, but the next one is due", [](auto& job) {
    job.disk.asynchronous = true;
    job.disk.bytes = 1e15;
  });
  refused("validation: share found", [](auto& job) { job.validation.found = 2; });
  refused("restart: warm-up", [&](auto& job) { job.restart.warm_up_s = infinity; });
  refused("cannot need", [](auto& job) { job.elastic.replicas_min = 17; });
  refused("none can be dropped alone", [](auto& job) { job.elastic.replicas = 65; });
  refused("noise: sigma", [](auto& job) { job.noise.chip_sigma_s = -1; });
  refused("tail of hiccups", [](auto& job) { job.noise.hiccup_tail = 0; });
  refused("longest hiccup", [](auto& job) { job.noise.hiccup_most_s = 0.1; });
}

TEST(WrongJobs, RunsAndThreadsHaveBounds) {
  const ReliabilityJob job = simple_job(1000);
  EXPECT_THROW(simulate_goodput(job, {.runs = 0}), Fault);
  EXPECT_THROW(simulate_goodput(job, {.runs = 1, .threads = -1}), Fault);
}

TEST(WrongJobs, ThatFailMoreOftenThanTheyCanRestartKeepNothingAndEnd) {
  for (const double gap_s : {60.0, 5.0, 1.0, 1e-3, 1e-7}) {
    ReliabilityJob job = simple_job(gap_s);
    job.disk.interval_steps = 100;
    job.days = 3;
    const GoodputReport report = simulate_goodput(job, {.runs = 5});
    EXPECT_LT(report.goodput.mean, 0.01) << gap_s;
    EXPECT_GT(report.share(Cause::restart), 0.9) << gap_s;
  }
}

TEST(WrongJobs, ThatNeverReturnAreCalledSo) {
  ReliabilityJob job = simple_job(1);
  const GoodputReport report = simulate_goodput(job, {.runs = 5});
  EXPECT_EQ(report.never_returned, 1);
  ASSERT_FALSE(report.remarks.empty());
  EXPECT_NE(report.remarks[0].find("stood still for good"), std::string::npos);
}

TEST(WrongJobs, WithMoreFailuresThanCanBeFollowedAreRefusedAtOnce) {
  const auto fails_always = [](ReliabilityJob& job) {
    job = simple_job(1e-6);
    job.restart = {};
    job.disk.bytes = 0;
  };
  refused("look at the failure rates", fails_always, FaultKind::limit);
  ReliabilityJob job = simple_job(1);
  job.restart = {};
  job.disk.bytes = 0;
  try {
    simulate_goodput(job, {.runs = 100'000});
    ADD_FAILURE();
  } catch (const Fault& fault) {
    EXPECT_NE(std::string(fault.what()).find("ask for at most"), std::string::npos);
  }
}

TEST(WrongJobs, WhoseNodesAreNeverRepairedWaitForTheRestOfTheirDays) {
  ReliabilityJob job = simple_job(10'000);
  job.failures[0].nodes = 1;
  job.failures[0].repair.mean_s = 1e9;
  job.spare_nodes = 3;
  job.days = 100;
  const GoodputReport report = simulate_goodput(job, {.runs = 5});
  EXPECT_GT(report.share(Cause::waiting), 0.97);
  ASSERT_FALSE(report.remarks.empty());
  EXPECT_NE(report.remarks[0].find("3 spares are too few"), std::string::npos);
}

TEST(WrongJobs, ThatSaveNothingAreToldSo) {
  ReliabilityJob job = simple_job(10'000);
  const GoodputReport report = simulate_goodput(job, {.runs = 5});
  EXPECT_LT(report.goodput.mean, 0.05);
  EXPECT_NE(report.remarks.at(0).find("nothing is saved"), std::string::npos);
}

// Any job within the bounds accounts for its time and ends.
TEST(WrongJobs, DrawnAtRandomAccountForEverySecond) {
  CounterRandom random(4, 77, 0);
  const auto large = [&](double least, double most) {
    return std::exp(std::log(least) + random.uniform() * std::log(most / least));
  };
  for (int i = 0; i < 150; ++i) {
    ReliabilityJob job = everything_job();
    for (FailureKind& kind : job.failures) {
      kind.per_day = large(0.01, 3000);
      kind.detection.mean_s = large(0.1, 1e5);
      kind.repair.mean_s = large(1, 1e7);
      kind.nodes = static_cast<std::int64_t>(large(1, 100)) - 1;
    }
    job.days = large(0.01, 100);
    job.step_s = large(0.001, 1e5);
    job.disk.interval_steps = static_cast<std::int64_t>(large(1, 1e6)) - 1;
    job.memory.interval_steps = static_cast<std::int64_t>(large(1, 1e6)) - 1;
    job.validation.interval_steps = static_cast<std::int64_t>(large(1, 1e6)) - 1;
    job.disk.bytes = large(1e6, 1e15);
    job.restart.warm_up_s = large(0.01, 1e6);
    job.spare_nodes = static_cast<std::int64_t>(large(1, 100)) - 1;
    job.elastic.enabled = random.uniform() < 0.5;
    job.elastic.replicas_hold_the_state = random.uniform() < 0.5;
    job.elastic.replicas_min = 1 + static_cast<std::int64_t>(random.uniform() * 15);
    job.gap_shape = large(0.4, 4);
    job.noise = {};
    const GoodputReport report = simulate_goodput(job, {.runs = 3});
    double sum = 0;
    for (const double share : report.shares) {
      EXPECT_GE(share, 0) << i;
      sum += share;
    }
    EXPECT_EQ(sum, 1) << i;
    EXPECT_LE(report.goodput.mean, 1) << i;
  }
}

}  // namespace
}  // namespace trainyard
