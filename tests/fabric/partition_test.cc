// SPDX-License-Identifier: Apache-2.0
#include "fabric/partition.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "fabric/flow_classes.h"
#include "fabric/random_flows.h"
#include "seed.h"

namespace trainyard {
namespace {

using Neighbours = std::vector<std::vector<std::uint32_t>>;

std::vector<std::uint32_t> refined(const Neighbours& neighbours,
                                   const std::vector<std::uint32_t>& class_of) {
  Partition partition(class_of, *std::max_element(class_of.begin(), class_of.end()) + 1);
  for (std::uint32_t splitter; partition.next_splitter(splitter);) {
    for (const std::uint32_t node : partition.nodes(splitter)) {
      for (const std::uint32_t neighbour : neighbours[node]) partition.touch(neighbour);
    }
    partition.split();
  }
  std::vector<std::uint32_t> found;
  for (std::uint32_t node = 0; node < class_of.size(); ++node) {
    found.push_back(partition.class_of(node));
    const auto nodes = partition.nodes(found.back());
    EXPECT_EQ(std::count(nodes.begin(), nodes.end(), node), 1);
  }
  return found;
}

// Round by round, with the neighbours' classes written out.
std::vector<std::uint32_t> slowly_refined(const Neighbours& neighbours,
                                          std::vector<std::uint32_t> class_of) {
  for (std::size_t before = 0;;) {
    std::map<std::pair<std::uint32_t, std::vector<std::uint32_t>>, std::uint32_t> numbers;
    std::vector<std::uint32_t> next;
    for (std::size_t node = 0; node < class_of.size(); ++node) {
      std::vector<std::uint32_t> seen;
      for (const std::uint32_t neighbour : neighbours[node]) seen.push_back(class_of[neighbour]);
      std::sort(seen.begin(), seen.end());
      const auto number = static_cast<std::uint32_t>(numbers.size());
      next.push_back(numbers.try_emplace({class_of[node], seen}, number).first->second);
    }
    class_of = next;
    if (numbers.size() == before) return class_of;
    before = numbers.size();
  }
}

bool same_classes(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  std::map<std::uint32_t, std::uint32_t> a_to_b, b_to_a;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a_to_b.try_emplace(a[i], b[i]).first->second != b[i]) return false;
    if (b_to_a.try_emplace(b[i], a[i]).first->second != a[i]) return false;
  }
  return true;
}

TEST(Partition, the_nodes_of_a_ring_stay_one_class_until_one_differs) {
  // Even and odd nodes are the two sides.
  Neighbours ring(8);
  for (std::uint32_t node = 0; node < 8; ++node) ring[node] = {(node + 1) % 8, (node + 7) % 8};
  const std::vector<std::uint32_t> even = {0, 1, 0, 1, 0, 1, 0, 1};
  EXPECT_TRUE(same_classes(refined(ring, even), even));
  EXPECT_TRUE(same_classes(refined(ring, {2, 1, 0, 1, 0, 1, 0, 1}), {0, 1, 2, 3, 4, 3, 2, 1}));
}

TEST(Partition, random_graphs_have_the_classes_of_the_slow_reference) {
  std::mt19937_64 random(test::printed_seed());
  for (int graph = 0; graph < 2000; ++graph) {
    const std::size_t left = 1 + random() % 20, right = 1 + random() % 20;
    Neighbours neighbours(left + right);
    for (std::uint32_t a = 0; a < left; ++a) {
      for (auto b = static_cast<std::uint32_t>(left); b < left + right; ++b) {
        if (random() % right > 1) continue;
        neighbours[a].push_back(b);
        neighbours[b].push_back(a);
      }
    }
    std::vector<std::uint32_t> class_of;
    const std::uint64_t kinds = std::min<std::uint64_t>(1 + random() % 3, left);
    for (std::size_t node = 0; node < left + right; ++node) {
      class_of.push_back(static_cast<std::uint32_t>(node < left ? node % kinds : kinds));
    }
    ASSERT_TRUE(same_classes(refined(neighbours, class_of), slowly_refined(neighbours, class_of)))
        << "graph " << graph;
  }
}

TEST(FlowClasses, say_how_many_flows_of_a_class_cross_a_link) {
  // Two senders with three flows each to one receiver.
  FlowPaths paths;
  for (std::uint32_t flow = 0; flow < 6; ++flow) paths.add(std::vector<std::uint32_t>{flow / 3, 2});
  const std::vector<double> bytes_per_s = {5, 5, 7}, bytes(6, 1.0);
  const auto classes = find_flow_classes(paths, bytes_per_s, bytes, {});
  ASSERT_TRUE(classes.has_value());
  EXPECT_EQ(classes->member, std::vector<std::uint32_t>{0});
  EXPECT_EQ(classes->bytes_per_s, (std::vector<double>{5, 7}));
  EXPECT_EQ(classes->weights, (std::vector<std::uint32_t>{3, 6}));
}

TEST(FlowClasses, are_not_used_where_most_flows_differ) {
  FlowPaths paths;
  std::vector<double> bytes;
  for (std::uint32_t flow = 0; flow < 10; ++flow) {
    paths.add(std::vector<std::uint32_t>{0});
    bytes.push_back(flow);
  }
  EXPECT_FALSE(find_flow_classes(paths, std::vector<double>{1}, bytes, {}).has_value());
}

}  // namespace
}  // namespace trainyard
