// SPDX-License-Identifier: Apache-2.0
#include "base/counter_random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

#include "base/elementary.h"

namespace trainyard {
namespace {

TEST(CounterRandom, GivesTheKnownAnswersOfItsAuthors) {
  EXPECT_EQ(philox_4x32_10({0, 0, 0, 0}, {0, 0}),
            (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(
      philox_4x32_10({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
      (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(
      philox_4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
      (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(CounterRandom, WordsOfAStreamAreTheBlocksOfItsName) {
  CounterRandom random(0x0123456789abcdef, 0x00aa, 0x1122334455667788);
  for (std::uint32_t block = 0; block < 3; ++block) {
    const PhiloxCounter words =
        philox_4x32_10({block, 0x00aa0000, 0x55667788, 0x11223344}, {0x89abcdef, 0x01234567});
    for (const std::uint32_t word : words) EXPECT_EQ(random.word(), word);
  }
}

TEST(CounterRandom, StreamsOfAnyOtherNameDiffer) {
  std::set<double> first;
  for (const std::uint64_t seed : {1ULL, 2ULL, 1ULL << 32}) {
    for (const std::uint16_t purpose : {0, 1, 256}) {
      for (const std::uint64_t index : {0ULL, 1ULL, 1ULL << 32}) {
        first.insert(CounterRandom(seed, purpose, index).uniform());
      }
    }
  }
  EXPECT_EQ(first.size(), 27U);
}

struct Moments {
  double mean = 0, variance = 0, least = 0, most = 0;
};

Moments moments(const std::function<double(CounterRandom&)>& draw, int draws = 400'000) {
  CounterRandom random(7, 1, 0);
  std::vector<double> drawn(draws);
  for (double& x : drawn) x = draw(random);
  Moments m;
  for (const double x : drawn) m.mean += x / draws;
  for (const double x : drawn) m.variance += (x - m.mean) * (x - m.mean) / draws;
  m.least = *std::min_element(drawn.begin(), drawn.end());
  m.most = *std::max_element(drawn.begin(), drawn.end());
  return m;
}

TEST(CounterRandom, UniformNumbersAreWithinTheirOpenInterval) {
  const Moments m = moments([](CounterRandom& random) { return random.uniform(); });
  EXPECT_NEAR(m.mean, 0.5, 0.002);
  EXPECT_NEAR(m.variance, 1.0 / 12, 0.001);
  EXPECT_GT(m.least, 0);
  EXPECT_LT(m.most, 1);
}

TEST(CounterRandom, DrawsHaveTheirDistributionsMeanAndVariance) {
  const Moments normal = moments([](CounterRandom& random) { return random.normal(); });
  EXPECT_NEAR(normal.mean, 0, 0.007);
  EXPECT_NEAR(normal.variance, 1, 0.01);
  const Moments exponential = moments([](CounterRandom& random) { return random.exponential(); });
  EXPECT_NEAR(exponential.mean, 1, 0.007);
  EXPECT_NEAR(exponential.variance, 1, 0.02);
  for (const double shape : {0.3, 0.8, 1.0, 2.5, 40.0}) {
    SCOPED_TRACE(shape);
    const Moments gamma = moments([&](CounterRandom& random) { return random.gamma(shape); });
    EXPECT_NEAR(gamma.mean / shape, 1, 0.02);
    EXPECT_NEAR(gamma.variance / shape, 1, 0.05);
  }
  for (const double shape : {0.7, 1.0, 3.0}) {
    SCOPED_TRACE(shape);
    const Moments weibull = moments([&](CounterRandom& random) { return random.weibull(shape); });
    const double mean = std::tgamma(1 + 1 / shape);
    EXPECT_NEAR(weibull.mean / mean, 1, 0.02);
    EXPECT_NEAR(weibull.variance / (std::tgamma(1 + 2 / shape) - mean * mean), 1, 0.05);
  }
  const Moments lognormal =
      moments([](CounterRandom& random) { return random.lognormal(100, 0.5); });
  EXPECT_NEAR(lognormal.mean, 100, 0.5);
  EXPECT_NEAR(std::sqrt(lognormal.variance), 50, 1);
}

TEST(CounterRandom, UniformNumbersFillTheUnitIntervalAsKolmogorovAsks) {
  constexpr int kDraws = 200'000;
  CounterRandom random(11, 3, 5);
  std::vector<double> drawn(kDraws);
  for (double& x : drawn) x = random.uniform();
  std::sort(drawn.begin(), drawn.end());
  double distance = 0;
  for (int i = 0; i < kDraws; ++i) {
    distance = std::max(distance, std::abs(drawn[i] - (i + 0.5) / kDraws));
  }
  EXPECT_LT(distance * std::sqrt(kDraws), 1.95);  // 0.1 % of generators that are right are above
}

TEST(Elementary, FunctionsAgreeWithTheLibrarysInDouble) {
  CounterRandom random(3, 0, 0);
  for (int i = 0; i < 200'000; ++i) {
    const double x =
        std::ldexp(1 + random.uniform(), static_cast<int>(random.word() % 2000) - 1000);
    EXPECT_NEAR(portable_log(x) / std::log(x), 1, 5e-16) << x;
    const double near = 0.5 + random.uniform();
    EXPECT_NEAR(portable_log(near), std::log(near), 5e-16 * std::abs(std::log(near))) << near;
    const double y = 1400 * random.uniform() - 700;
    EXPECT_NEAR(portable_exp(y) / std::exp(y), 1, 5e-16) << y;
    const double z = random.uniform() - 0.5;
    EXPECT_NEAR(portable_log1p(z) / std::log1p(z), 1, 1e-15) << z;
    EXPECT_NEAR(portable_expm1(z) / std::expm1(z), 1, 2e-15) << z;
  }
  EXPECT_EQ(portable_log(1), 0);
  EXPECT_EQ(portable_exp(0), 1);
  EXPECT_EQ(portable_exp(-800), 0);
  EXPECT_TRUE(std::isinf(portable_exp(710)));
  EXPECT_NEAR(portable_log(5e-324), std::log(5e-324), 1e-12);
  EXPECT_NEAR(portable_log1p(1e-18), 1e-18, 1e-33);
  for (const double x : {0.1, 0.5, 1.0, 1.5, 2.25, 5.0, 30.0, 99.5}) {
    EXPECT_NEAR(portable_gamma(x) / std::tgamma(x), 1, 1e-13) << x;
  }
}

TEST(Elementary, TheNormalDistributionAndItsInverseAgree) {
  for (double x = -8; x <= 30; x += 0.037) {
    EXPECT_NEAR(normal_tail(x) / (0.5 * std::erfc(x / std::sqrt(2.0))), 1, 2e-13) << x;
    if (x > -8 && x < 8) {
      EXPECT_NEAR(-inverse_normal(normal_tail(x)), x, 1e-14 * std::exp(x * x / 2 * (x < 0)) + 1e-13)
          << x;
    }
  }
  EXPECT_NEAR(inverse_normal(0.975), 1.959963984540054, 1e-15);
  EXPECT_NEAR(inverse_normal(1e-300), -37.0471, 1e-4);
}

}  // namespace
}  // namespace trainyard
