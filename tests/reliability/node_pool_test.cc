// SPDX-License-Identifier: Apache-2.0
#include "reliability/node_pool.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "base/counter_random.h"

namespace trainyard {
namespace {

// The same, slowly.
class SortedReturns {
 public:
  void add(double at_s, std::int64_t nodes) { returns_.emplace(at_s, nodes); }
  std::int64_t take_until(double now_s) {
    std::int64_t nodes = 0;
    while (!returns_.empty() && returns_.begin()->first <= now_s) {
      nodes += returns_.begin()->second;
      returns_.erase(returns_.begin());
    }
    return nodes;
  }
  double next_s() const {
    return returns_.empty() ? std::numeric_limits<double>::infinity() : returns_.begin()->first;
  }

 private:
  std::multimap<double, std::int64_t> returns_;
};

TEST(Returns, ComeBackInTheOrderOfTheirTimesWhateverTheSlices) {
  constexpr double kEnd = 1000;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CounterRandom random(seed, 1, 0);
    const double expected = seed % 4 == 0 ? 0 : 4000 * random.uniform();
    const double away_s = seed % 3 == 0 ? 400 : 20;
    Returns returns(kEnd, expected);
    SortedReturns sorted;
    for (double now_s = 0; now_s < kEnd; now_s += random.exponential()) {
      const double at_s = now_s + away_s * random.exponential();
      const auto nodes = static_cast<std::int64_t>(random.word() % 3 + 1);
      returns.add(at_s, nodes);
      if (at_s < kEnd) sorted.add(at_s, nodes);
      if (random.word() % 2 == 0) {
        ASSERT_EQ(returns.next_s(), sorted.next_s()) << "seed " << seed << " at " << now_s;
      }
      if (random.word() % 2 == 0) {
        ASSERT_EQ(returns.take_until(now_s), sorted.take_until(now_s)) << "seed " << seed;
      }
    }
    EXPECT_EQ(returns.take_until(kEnd), sorted.take_until(kEnd)) << "seed " << seed;
    EXPECT_EQ(returns.next_s(), std::numeric_limits<double>::infinity());
  }
}

TEST(Returns, AtTheEndOrLaterNeverCome) {
  Returns returns(100, 50);
  returns.add(99.5, 2);
  returns.add(100, 3);
  returns.add(std::numeric_limits<double>::infinity(), 4);
  EXPECT_EQ(returns.next_s(), 99.5);
  EXPECT_EQ(returns.take_until(100), 2);
}

}  // namespace
}  // namespace trainyard
