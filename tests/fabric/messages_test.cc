// SPDX-License-Identifier: Apache-2.0
#include "fabric/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/fault.h"

namespace trainyard {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;

FlowPaths paths_of(const std::vector<std::vector<std::uint32_t>>& lists) {
  FlowPaths paths;
  for (const auto& list : lists) paths.add(list);
  return paths;
}

TEST(Messages, a_packet_goes_on_before_its_tail_has_come) {
  const std::vector<double> bytes_per_s = {10, 10}, latency_s = {1, 2};
  const MessageRun run = run_messages(paths_of({{0, 1}}), bytes_per_s, latency_s,
                                      std::vector<double>{50}, {}, {.packet_bytes = 100});
  EXPECT_THAT(run.end_s, ElementsAre(DoubleEq(5 + 1 + 2)));
  EXPECT_EQ(run.packets, 2U);
}

TEST(Messages, a_faster_link_waits_until_it_can_send_without_a_pause) {
  const std::vector<double> latency_s = {0, 0};
  const std::vector<double> bytes = {100};
  for (const std::vector<double>& bytes_per_s : {std::vector<double>{10, 50}, {50, 10}}) {
    const MessageRun run =
        run_messages(paths_of({{0, 1}}), bytes_per_s, latency_s, bytes, {}, {.packet_bytes = 100});
    EXPECT_THAT(run.end_s, ElementsAre(DoubleEq(10)));
  }
}

TEST(Messages, flows_take_turns_on_a_link) {
  // Packets of 1 byte at 1 byte/s: a b a b a b, then the rest of b.
  const std::vector<double> bytes_per_s = {1}, latency_s = {0};
  const MessageRun run = run_messages(paths_of({{0}, {0}}), bytes_per_s, latency_s,
                                      std::vector<double>{3, 5}, {}, {.packet_bytes = 1});
  EXPECT_THAT(run.end_s, ElementsAre(DoubleEq(5), DoubleEq(8)));
}

TEST(Messages, a_flow_starts_when_it_should_and_its_last_packet_may_be_short) {
  const std::vector<double> bytes_per_s = {2}, latency_s = {0.5};
  const MessageRun run =
      run_messages(paths_of({{0}, {}}), bytes_per_s, latency_s, std::vector<double>{25, 9},
                   std::vector<double>{3, 4}, {.packet_bytes = 10});
  EXPECT_THAT(run.end_s, ElementsAre(DoubleEq(3 + 12.5 + 0.5), DoubleEq(4)));
  EXPECT_EQ(run.packets, 3U);
}

TEST(Messages, latency_does_not_hold_a_flow_below_the_bandwidth) {
  // A thousand packets would fit on the way.
  const std::vector<double> bytes_per_s = {1e9, 1e9}, latency_s = {0.5, 0.5};
  const MessageRun run = run_messages(paths_of({{0, 1}}), bytes_per_s, latency_s,
                                      std::vector<double>{1e10}, {}, {.packet_bytes = 1e6});
  EXPECT_NEAR(run.end_s[0], 10 + 1, 0.01);
}

TEST(Messages, what_is_too_much_or_means_nothing_is_refused) {
  const std::vector<double> one = {1}, none = {0};
  const FlowPaths paths = paths_of({{0}});
  EXPECT_THROW(run_messages(paths, one, none, std::vector<double>{1e15}), Fault);
  EXPECT_THROW(run_messages(paths, one, none, one, {}, {.packet_bytes = 0}), Fault);
  EXPECT_THROW(run_messages(paths, none, none, one), Fault);
  EXPECT_THROW(run_messages(paths, one, std::vector<double>{-1}, one), Fault);
  const std::vector<double> nan = {std::numeric_limits<double>::quiet_NaN()};
  EXPECT_THROW(run_messages(paths, one, none, nan), Fault);
}

}  // namespace
}  // namespace trainyard
