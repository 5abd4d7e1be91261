// SPDX-License-Identifier: Apache-2.0
#include "fabric/max_min.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/fault.h"
#include "fabric/random_flows.h"
#include "fabric/slow_max_min.h"
#include "seed.h"

namespace trainyard {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

FlowPaths paths_of(const std::vector<std::vector<std::uint32_t>>& lists) {
  FlowPaths paths;
  for (const auto& list : lists) paths.add(list);
  return paths;
}

std::vector<double> rates_of(const std::vector<std::vector<std::uint32_t>>& lists,
                             const std::vector<double>& bytes_per_s) {
  return max_min_rates(paths_of(lists), bytes_per_s);
}

TEST(MaxMin, one_flow_has_its_narrowest_link) {
  EXPECT_THAT(rates_of({{0, 1}}, {8, 3}), ElementsAre(3));
}

TEST(MaxMin, in_a_parking_lot_the_long_flow_shares_every_link) {
  EXPECT_THAT(rates_of({{0, 1, 2}, {0}, {1}, {2}}, {6, 6, 6}), ElementsAre(3, 3, 3, 3));
  // A wide link gives what the long flow cannot use to the short one.
  EXPECT_THAT(rates_of({{0, 1, 2}, {0}, {1}, {2}}, {6, 2, 10}), ElementsAre(1, 5, 1, 9));
}

TEST(MaxMin, what_the_slow_leave_is_shared_among_the_others) {
  // Two flows are held at 1 elsewhere; the other two share 10 - 2.
  EXPECT_THAT(rates_of({{0, 1}, {0, 2}, {0}, {0}}, {10, 1, 1}), ElementsAre(1, 1, 4, 4));
}

TEST(MaxMin, a_flow_over_no_link_is_not_held) {
  EXPECT_EQ(rates_of({{}, {0}}, {2})[0], std::numeric_limits<double>::infinity());
}

TEST(MaxMin, only_the_active_flows_take_from_the_links) {
  const FlowPaths paths = paths_of({{0}, {0}, {0}});
  const std::vector<double> capacity = {6};
  MaxMin max_min(paths, capacity);
  std::vector<double> rates(3);
  max_min.solve(std::vector<std::uint32_t>{0, 2}, rates);
  EXPECT_THAT(rates, ElementsAre(3, 0, 3));
  rates[2] = 0;
  max_min.solve(std::vector<std::uint32_t>{0}, rates);
  EXPECT_THAT(rates, ElementsAre(6, 0, 0));
}

TEST(MaxMin, a_weight_says_how_many_such_flows_cross_the_link) {
  const FlowPaths paths = paths_of({{0, 1}, {1}});
  const std::vector<double> capacity = {6, 10};
  const std::vector<std::uint32_t> weights = {3, 1, 2};
  std::vector<double> rates(2);
  MaxMin(paths, capacity, weights).solve(std::vector<std::uint32_t>{0, 1}, rates);
  EXPECT_THAT(rates, ElementsAre(2, 4));
}

TEST(MaxMin, a_link_without_capacity_is_refused) {
  EXPECT_THROW(rates_of({{0}}, {0}), Fault);
  EXPECT_THROW(rates_of({{0}}, {std::numeric_limits<double>::quiet_NaN()}), Fault);
  EXPECT_THROW(rates_of({{1}}, {5}), Fault);
}

TEST(MaxMin, random_flows_have_the_rates_of_the_slow_reference) {
  std::mt19937_64 random(test::printed_seed());
  for (int graph = 0; graph < 2000; ++graph) {
    const test::RandomFlows made = test::random_flows(random);
    const std::vector<double> rates = max_min_rates(made.paths, made.bytes_per_s);
    const std::vector<long double> expected = test::slow_max_min(made.paths, made.bytes_per_s);
    for (std::size_t flow = 0; flow < rates.size(); ++flow) {
      const double want = static_cast<double>(expected[flow]);
      ASSERT_THAT(rates[flow], DoubleNear(want, 1e-9 * want)) << "graph " << graph;
    }
  }
}

// The two properties that make an allocation max-min fair, on graphs too large for the reference.
TEST(MaxMin, no_link_is_over_its_capacity_and_every_flow_is_largest_on_a_full_one) {
  std::mt19937_64 random(test::printed_seed());
  for (int graph = 0; graph < 10; ++graph) {
    const test::RandomFlows made = test::random_flows(random, 3000, 20'000);
    const std::vector<double> rates = max_min_rates(made.paths, made.bytes_per_s);
    std::vector<double> load(made.bytes_per_s.size()), largest(made.bytes_per_s.size());
    for (std::size_t flow = 0; flow < rates.size(); ++flow) {
      for (const std::uint32_t link : made.paths[flow]) {
        load[link] += rates[flow];
        largest[link] = std::max(largest[link], rates[flow]);
      }
    }
    for (std::size_t link = 0; link < load.size(); ++link) {
      ASSERT_LE(load[link], made.bytes_per_s[link] * (1 + 1e-9));
    }
    for (std::size_t flow = 0; flow < rates.size(); ++flow) {
      const auto holds = [&](std::uint32_t link) {
        return load[link] >= made.bytes_per_s[link] * (1 - 1e-9) &&
               rates[flow] >= largest[link] * (1 - 1e-9);
      };
      const auto path = made.paths[flow];
      ASSERT_TRUE(std::any_of(path.begin(), path.end(), holds)) << "graph " << graph;
    }
  }
}

TEST(MaxMin, links_that_nobody_crosses_are_dropped) {
  FlowPaths paths = paths_of({{7, 2}, {9}});
  EXPECT_THAT(keep_used_links(paths, 10), ElementsAre(2, 7, 9));
  EXPECT_THAT(paths.links, ElementsAre(1, 0, 2));
}

}  // namespace
}  // namespace trainyard
