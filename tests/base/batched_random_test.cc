// SPDX-License-Identifier: Apache-2.0
#include "base/batched_random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "base/counter_random.h"
#include "base/elementary.h"

namespace trainyard {
namespace {

TEST(BatchedRandom, DrawsTheBitsOfACounterRandom) {
  CounterRandom choice(3, 1, 4);
  for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{0x1122334455667788}}) {
    BatchedRandom batched(0x0123456789abcdef, 0x00aa, index);
    CounterRandom single(0x0123456789abcdef, 0x00aa, index);
    for (int draw = 0; draw < 5000; ++draw) {
      switch (choice.word() % 4) {
        case 0:
          ASSERT_EQ(batched.uniform(), single.uniform()) << draw;
          break;
        case 1:
          ASSERT_EQ(batched.exponential(), single.exponential()) << draw;
          break;
        case 2:
          ASSERT_EQ(batched.normal(), single.normal()) << draw;
          break;
        case 3:
          ASSERT_EQ(batched.weibull(0.7), single.weibull(0.7)) << draw;
          break;
      }
    }
  }
}

TEST(PortableLogs, AreTheLogarithmsOfEach) {
  std::vector<double> x = {0x1p-1022, 0x1p-53, 0.5, std::nextafter(1.0, 0.0), 1, 2, 0x1p1023};
  for (const double around : {std::sqrt(0.5), std::sqrt(2.0), std::sqrt(8.0)}) {
    x.insert(x.end(), {std::nextafter(around, 0), around, std::nextafter(around, 9)});
  }
  CounterRandom random(5, 1, 0);
  while (x.size() < 1000) x.push_back(random.uniform() * std::ldexp(1.0, random.word() % 60));
  std::vector<double> logarithms(x.size());
  portable_logs(x, logarithms);
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_EQ(logarithms[i], portable_log(x[i])) << x[i];
    EXPECT_NEAR(logarithms[i], std::log(x[i]), 1e-15 * std::abs(std::log(x[i]))) << x[i];
  }
}

}  // namespace
}  // namespace trainyard
