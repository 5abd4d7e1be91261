// SPDX-License-Identifier: Apache-2.0
#include "reliability/step_noise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/counter_random.h"

namespace trainyard {
namespace {

ReliabilityJob noisy_job(std::int64_t chips) {
  ReliabilityJob job;
  job.chips = chips;
  job.step_s = 10;
  job.noise = {.chip_sigma_s = 0.2,
               .hiccups_per_chip_day = 2,
               .hiccup_least_s = 0.5,
               .hiccup_tail = 1.4,
               .hiccup_most_s = 30};
  return job;
}

// Chip by chip: the noiseless step, each chip's normal part, a Poisson number of hiccups.
std::vector<double> drawn_steps(const ReliabilityJob& job, double noiseless_s, int steps) {
  CounterRandom random(9, 2, 0);
  std::vector<double> drawn;
  for (int step = 0; step < steps; ++step) {
    double most = -1e9;
    for (int chip = 0; chip < job.chips; ++chip) {
      most = std::max(most, job.noise.chip_sigma_s * random.normal());
      double at_s = random.exponential() * 86'400 / job.noise.hiccups_per_chip_day;
      while (at_s < job.step_s) {
        const double pause_s =
            job.noise.hiccup_least_s * std::pow(random.uniform(), -1 / job.noise.hiccup_tail);
        most = std::max(most, std::min(pause_s, job.noise.hiccup_most_s));
        at_s += random.exponential() * 86'400 / job.noise.hiccups_per_chip_day;
      }
    }
    drawn.push_back(noiseless_s + most);
  }
  std::sort(drawn.begin(), drawn.end());
  return drawn;
}

TEST(StepNoise, OfManyChipsIsTheDistributionOfTheLongestDrawn) {
  ReliabilityJob job = noisy_job(500);
  job.noise_in_step_chips = 500;
  const StepDistribution steps(job);
  EXPECT_NEAR(steps.median_s(), 10, 1e-9);
  const int count = 10'000;
  std::vector<double> drawn = drawn_steps(job, 0, count);
  const double noiseless_s = 10 - drawn[count / 2];
  for (double& step : drawn) step += noiseless_s;
  for (const double p : {0.05, 0.5, 0.8, 0.95, 0.99}) {
    EXPECT_NEAR(steps.quantile_s(p), drawn[static_cast<std::size_t>(p * count)],
                (p < 0.95 ? 0.05 : 0.15) * (steps.quantile_s(p) - 9))
        << p;
  }
  EXPECT_NEAR(steps.mean_s(), std::accumulate(drawn.begin(), drawn.end(), 0.0) / count, 0.03);
}

TEST(StepNoise, IsNoneWithoutNoiseAndGrowsWithChips) {
  ReliabilityJob quiet;
  quiet.chips = 1'000'000;
  EXPECT_EQ(StepDistribution(quiet).mean_s(), 1);
  EXPECT_DOUBLE_EQ(StepDistribution(quiet).quantile_s(0.999), 1);
  double before_s = 0;
  for (const std::int64_t chips : {100, 2048, 20'000, 1'000'000}) {
    const double mean_s = StepDistribution(noisy_job(chips)).mean_s();
    EXPECT_GT(mean_s, before_s);
    before_s = mean_s;
  }
}

TEST(StepNoise, OfAStepsOwnSizeIsBounded) {
  ReliabilityJob job = noisy_job(2048);
  job.step_s = 0.01;
  job.noise.hiccups_per_chip_day = 0;
  job.noise.chip_sigma_most = 0.025;
  EXPECT_NEAR(StepDistribution(job).quantile_s(0.999), 0.01, 0.001);
}

}  // namespace
}  // namespace trainyard
