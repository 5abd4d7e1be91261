// SPDX-License-Identifier: Apache-2.0
#include "fabric/like_flows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace trainyard {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
using Numbers = std::vector<std::uint32_t>;

FlowPaths paths_of(const std::vector<Numbers>& all) {
  FlowPaths paths;
  for (const Numbers& path : all) paths.add(path);
  return paths;
}

TEST(LikeFlows, share_a_link_and_have_links_of_their_own_of_one_capacity) {
  // Links 1 to 4 are the flows' own, 5 is nobody's.
  const FlowPaths paths = paths_of({{0, 1}, {2, 0}, {0, 3}, {0, 4}});
  const LikeFlows found = find_like_flows(paths, std::vector<double>{9, 2, 2, 3, 2, 1}, {}, {});
  EXPECT_EQ(found.group_of, (Numbers{0, 0, 1, 0}));
  EXPECT_EQ(found.member, (Numbers{0, 2}));
  EXPECT_EQ(found.count, (Numbers{3, 1}));
  EXPECT_EQ(found.own_bytes_per_s, (std::vector<double>{2, 3}));
  EXPECT_EQ(found.shared_bytes_per_s, std::vector<double>{9});
  EXPECT_EQ(found.paths.links, (Numbers{0, 0}));
  EXPECT_EQ(found.node_of_link, (Numbers{2, 0, 0, 1, 0, kNoLink}));
}

TEST(LikeFlows, differ_in_bytes_start_and_shared_links) {
  const FlowPaths paths = paths_of({{0}, {0}, {0}, {1}, {}, {1}, {0}, {0}, {0}, {0}});
  const std::vector<double> bytes = {5, 6, 5, 5, 5, 5, 5, 6, 5, 5};
  const std::vector<double> start_s = {0, 0, 1, 0, 0, 0, -0.0, 0, 1, 0};
  const LikeFlows found = find_like_flows(paths, std::vector<double>{1, 1}, bytes, start_s);
  EXPECT_EQ(found.group_of, (Numbers{0, 1, 2, 3, 4, 3, 0, 1, 2, 0}));
  EXPECT_EQ(found.own_bytes_per_s[4], kInfinity);
}

TEST(LikeFlows, may_have_their_own_links_in_any_order) {
  const FlowPaths paths = paths_of({{0}, {1, 2}, {4, 3}, {6, 5}});
  const std::vector<double> bytes(4, 2.0), bytes_per_s = {3, 2, 3, 2, 3, 2, 3};
  EXPECT_EQ(find_like_flows(paths, bytes_per_s, bytes, {}).group_of, (Numbers{0, 1, 1, 1}));
}

TEST(LikeFlows, are_looked_for_no_longer_when_most_are_like_none) {
  const auto groups_of = [](std::uint32_t unlike) {
    std::vector<Numbers> all;
    std::vector<double> bytes;
    for (std::uint32_t flow = 0; flow < 20000; ++flow) {
      all.push_back({0});
      bytes.push_back(std::min(flow, unlike));
    }
    return find_like_flows(paths_of(all), std::vector<double>{1}, bytes, {}).groups();
  };
  EXPECT_EQ(groups_of(8000), 8001U);
  EXPECT_EQ(groups_of(12000), 20000U);
}

}  // namespace
}  // namespace trainyard
