// SPDX-License-Identifier: Apache-2.0
#include "fabric/flow_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/fault.h"
#include "fabric/flow_classes.h"
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

// Flow by flow and event by event, with the slow rates.
std::vector<double> slow_run(const FlowPaths& paths, const std::vector<double>& bytes_per_s,
                             const std::vector<double>& bytes, const std::vector<double>& start_s) {
  std::vector<long double> left(bytes.begin(), bytes.end());
  std::vector<double> end_s(paths.size(), -1);
  long double now = 0;
  for (;;) {
    FlowPaths going;
    std::vector<std::size_t> number;
    long double next = std::numeric_limits<double>::infinity();
    for (std::size_t flow = 0; flow < paths.size(); ++flow) {
      if (end_s[flow] >= 0) continue;
      if (start_s[flow] > now) {
        next = std::min<long double>(next, start_s[flow]);
        continue;
      }
      going.add(paths[flow]);
      number.push_back(flow);
    }
    if (number.empty() && std::isinf(next)) return end_s;
    const std::vector<long double> rates = test::slow_max_min(going, bytes_per_s);
    for (std::size_t i = 0; i < number.size(); ++i) {
      next = std::min(next, now + left[number[i]] / rates[i]);
    }
    for (std::size_t i = 0; i < number.size(); ++i) {
      left[number[i]] -= rates[i] * (next - now);
      if (left[number[i]] <= bytes[number[i]] * 1e-12L) {
        end_s[number[i]] = static_cast<double>(next);
      }
    }
    now = next;
  }
}

TEST(FlowRun, a_flow_speeds_up_when_the_one_beside_it_ends) {
  // 10 bytes each at 5 bytes/s for 2 s; the longer one has 20 bytes left and 10 bytes/s.
  const FlowRun run =
      run_flows(paths_of({{0}, {0}}), std::vector<double>{10}, std::vector<double>{10, 30});
  EXPECT_THAT(run.end_s, ElementsAre(2, 4));
  EXPECT_EQ(run.events, 2U);
}

TEST(FlowRun, a_flow_that_starts_later_slows_the_first_from_then_on) {
  const FlowRun run = run_flows(paths_of({{0}, {0}}), std::vector<double>{10},
                                std::vector<double>{30, 10}, std::vector<double>{0, 1});
  EXPECT_THAT(run.end_s, ElementsAre(4, 3));
}

TEST(FlowRun, nothing_to_send_or_nothing_to_cross_takes_no_time) {
  const FlowRun run = run_flows(paths_of({{0}, {}, {0}}), std::vector<double>{10},
                                std::vector<double>{0, 5, 20}, std::vector<double>{1, 2, 3});
  EXPECT_THAT(run.end_s, ElementsAre(1, 2, 5));
  EXPECT_TRUE(run_flows({}, {}, {}).end_s.empty());
}

TEST(FlowRun, random_flows_end_when_the_slow_reference_says) {
  std::mt19937_64 random(test::printed_seed());
  for (int graph = 0; graph < 300; ++graph) {
    const test::RandomFlows made = test::random_flows(random, 12, 30);
    std::vector<double> bytes, start_s;
    for (std::size_t flow = 0; flow < made.paths.size(); ++flow) {
      bytes.push_back(1e9 * static_cast<double>(1 + random() % 3));
      start_s.push_back(static_cast<double>(random() % 3));
    }
    const std::vector<double> expected = slow_run(made.paths, made.bytes_per_s, bytes, start_s);
    const FlowRun run = run_flows(made.paths, made.bytes_per_s, bytes, start_s);
    for (std::size_t flow = 0; flow < bytes.size(); ++flow) {
      ASSERT_THAT(run.end_s[flow], DoubleNear(expected[flow], 2e-9 * expected[flow]))
          << "graph " << graph << " flow " << flow;
    }
  }
}

// Copies of one graph, shuffled: each class holds all copies of a flow, and all end together.
TEST(FlowRun, flows_that_cannot_be_told_apart_are_run_as_one) {
  std::mt19937_64 random(test::printed_seed());
  for (int graph = 0; graph < 50; ++graph) {
    const test::RandomFlows one = test::random_flows(random, 12, 30);
    const std::size_t links = one.bytes_per_s.size(), flows = one.paths.size(), copies = 5;
    std::vector<std::uint32_t> link_at(links * copies), order(flows * copies);
    for (std::uint32_t i = 0; i < link_at.size(); ++i) link_at[i] = i;
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(link_at.begin(), link_at.end(), random);
    std::shuffle(order.begin(), order.end(), random);
    std::vector<double> bytes_per_s(link_at.size());
    for (std::size_t i = 0; i < link_at.size(); ++i) {
      bytes_per_s[link_at[i]] = one.bytes_per_s[i % links];
    }
    FlowPaths paths;
    std::vector<double> bytes;
    for (const std::uint32_t each : order) {
      for (const std::uint32_t link : one.paths[each % flows]) {
        paths.links.push_back(link_at[each / flows * links + link]);
      }
      paths.end_path();
      bytes.push_back(1e9 * (1 + each % flows % 3));
    }
    const FlowRun run = run_flows(paths, bytes_per_s, bytes);
    EXPECT_LE(run.flows_run, flows);
    std::vector<double> one_bytes;
    for (std::size_t flow = 0; flow < flows; ++flow) {
      one_bytes.push_back(1e9 * static_cast<double>(1 + flow % 3));
    }
    const std::vector<double> expected =
        slow_run(one.paths, one.bytes_per_s, one_bytes, std::vector<double>(flows));
    for (std::size_t i = 0; i < order.size(); ++i) {
      const double want = expected[order[i] % flows];
      ASSERT_THAT(run.end_s[i], DoubleNear(want, 2e-9 * want)) << "graph " << graph;
    }
  }
}

TEST(FlowRun, one_slow_link_among_many_splits_only_the_flows_that_feel_it) {
  // A hundred pairs of flows, each pair on its own link; one link is slower.
  FlowPaths paths;
  for (std::uint32_t i = 0; i < 200; ++i) paths.add(std::vector<std::uint32_t>{i / 2});
  std::vector<double> bytes_per_s(100, 10.0);
  bytes_per_s[7] = 5;
  const std::vector<double> bytes(200, 20.0);
  const FlowRun run = run_flows(paths, bytes_per_s, bytes);
  EXPECT_EQ(run.flows_run, 2U);
  EXPECT_EQ(run.end_s[13], 4);
  EXPECT_EQ(run.end_s[14], 8);
  EXPECT_EQ(run.end_s[15], 8);
  EXPECT_EQ(run.end_s[16], 4);
  EXPECT_EQ(run.held_by[13], 6U);
  EXPECT_EQ(run.held_by[14], 7U);
}

TEST(FlowRun, a_coarse_resolution_bounds_the_events_and_moves_no_end_far) {
  std::mt19937_64 random(test::printed_seed());
  FlowPaths paths;
  std::vector<double> bytes;
  for (std::uint32_t flow = 0; flow < 2000; ++flow) {
    const auto from = static_cast<std::uint32_t>(random() % 50);
    const auto to = static_cast<std::uint32_t>(50 + random() % 50);
    paths.add(std::vector<std::uint32_t>{from, to});
    bytes.push_back(1e9 * (1 + static_cast<double>(random() % 1000) * 1e-3));
  }
  const std::vector<double> bytes_per_s(100, 1e9);
  const FlowRun exact = run_flows(paths, bytes_per_s, bytes);
  const FlowRun coarse = run_flows(paths, bytes_per_s, bytes, {}, {.resolution = 0.01});
  EXPECT_GT(exact.events, 1500U);
  EXPECT_LT(coarse.events, 200U);
  for (std::size_t flow = 0; flow < bytes.size(); ++flow) {
    EXPECT_NEAR(coarse.end_s[flow], exact.end_s[flow], 0.02 * exact.end_s[flow]);
  }
}

TEST(FlowRun, more_work_than_allowed_is_refused_with_the_way_out) {
  FlowPaths paths;
  std::vector<double> bytes;
  for (std::uint32_t flow = 0; flow < 100; ++flow) {
    paths.add(std::vector<std::uint32_t>{0});
    bytes.push_back(flow);
  }
  try {
    run_flows(paths, std::vector<double>{1}, bytes, {}, {.work_max = 1000});
    FAIL() << "nothing was thrown";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::limit);
    EXPECT_THAT(fault.message(), testing::HasSubstr("resolution"));
  }
}

TEST(FlowRun, a_run_tells_its_progress_and_can_be_interrupted) {
  std::vector<std::uint64_t> ended;
  FlowRunOptions options;
  options.progress = [&](const FlowProgress& progress) {
    ended.push_back(progress.ended);
    return ended.size() < 2;
  };
  try {
    run_flows(paths_of({{0}, {0}, {0}}), std::vector<double>{1}, std::vector<double>{1, 2, 3}, {},
              options);
    FAIL() << "nothing was thrown";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::interrupted);
  }
  EXPECT_THAT(ended, ElementsAre(1U, 2U));
}

TEST(FlowRun, a_flow_is_held_by_the_link_that_was_full_when_it_ended) {
  const std::vector<double> bytes_per_s = {10, 10, 2};
  const FlowRun run = run_flows(paths_of({{0, 1}, {1}, {1, 2}, {}}), bytes_per_s,
                                std::vector<double>{8, 20, 10, 1});
  // 4 bytes/s for the first two until the first has ended at 2 s; the second's 12 left at 8.
  EXPECT_THAT(run.end_s, ElementsAre(2, 3.5, 5, 0));
  EXPECT_THAT(run.held_by, ElementsAre(1U, 1U, 2U, kNoLink));
}

TEST(FlowRun, numbers_that_mean_nothing_are_refused) {
  const std::vector<double> one = {1};
  for (const double wrong :
       {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(run_flows(paths_of({{0}}), one, std::vector<double>{wrong}), Fault);
    EXPECT_THROW(run_flows(paths_of({{0}}), one, one, std::vector<double>{wrong}), Fault);
  }
  EXPECT_THROW(run_flows(paths_of({{0}}), std::vector<double>{0}, one), Fault);
  EXPECT_THROW(run_flows(paths_of({{1}}), one, one), Fault);
  EXPECT_THROW(run_flows(paths_of({{0}, {0}}), one, one), Fault);
}

}  // namespace
}  // namespace trainyard
