// SPDX-License-Identifier: Apache-2.0
#include "fabric/topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <set>

#include "base/fault.h"
#include "fabric/routed_flows.h"
#include "fabric/systems.h"
#include "seed.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::uint32_t> route(const Topology& topology, std::uint32_t from, std::uint32_t to) {
  std::vector<std::uint32_t> path;
  topology.route(from, to, path);
  return path;
}

// How many of the flows of an all-to-all cross each link.
std::map<std::uint32_t, int> all_to_all_loads(const Topology& topology, std::uint32_t chips) {
  std::map<std::uint32_t, int> loads;
  for (std::uint32_t from = 0; from < chips; ++from) {
    for (std::uint32_t to = 0; to < chips; ++to) {
      for (const std::uint32_t link : route(topology, from, to)) ++loads[link];
    }
  }
  return loads;
}

TEST(Topology, a_torus_is_crossed_one_dimension_after_the_other_the_shorter_way_round) {
  const Topology torus(test::trn2_server());
  EXPECT_EQ(torus.chips(), 16U);
  EXPECT_EQ(torus.links(), 64U);
  // Chip 0 to chip 7 is at x 3, y 1: one step back in x, one ahead in y.
  EXPECT_THAT(route(torus, 0, 7), ElementsAre(torus.ring_link(0, 0, false), torus.ring_link(1, 3)));
  EXPECT_TRUE(route(torus, 5, 5).empty());
}

TEST(Topology, an_all_to_all_loads_all_links_of_a_torus_alike) {
  const Topology torus(test::trn2_ultraserver());
  const auto loads = all_to_all_loads(torus, 64);
  EXPECT_EQ(loads.size(), torus.links());
  // 64 chips x 64 flows, on average 1 step in each dimension of 4; 128 links in each.
  for (const auto& [link, load] : loads) EXPECT_EQ(load, 32) << torus.describe(link);
}

TEST(Topology, chips_of_a_switched_rack_meet_at_the_innermost_switch_that_both_reach) {
  const Topology gen2(test::trn3_gen2());
  EXPECT_EQ(gen2.chips(), 144U);
  EXPECT_THAT(route(gen2, 0, 3), ElementsAre(gen2.port(0, 0, true), gen2.port(0, 3, false)));
  EXPECT_THAT(route(gen2, 0, 4), ElementsAre(gen2.port(1, 0, true), gen2.port(1, 4, false)));
  // The other rack: the same position over the direct link alone.
  EXPECT_THAT(route(gen2, 5, 77), ElementsAre(gen2.ring_link(2, 5)));
  EXPECT_THAT(route(gen2, 77, 5), ElementsAre(gen2.ring_link(2, 77)));
  // Another position: first there by a switch of the own rack, then over.
  EXPECT_THAT(route(gen2, 5, 72 + 6),
              ElementsAre(gen2.port(0, 5, true), gen2.port(0, 6, false), gen2.ring_link(2, 6)));
  EXPECT_THAT(route(gen2, 5, 72 + 20),
              ElementsAre(gen2.port(1, 5, true), gen2.port(1, 20, false), gen2.ring_link(2, 20)));
}

TEST(Topology, between_ultraservers_the_way_leads_over_the_network_port_and_the_tree) {
  const Topology cluster(test::trn3_cluster());
  EXPECT_EQ(cluster.chips(), 144U * 15);
  EXPECT_THAT(route(cluster, 7, 144 + 7),
              ElementsAre(cluster.port(3, 7, true), cluster.port(3, 144 + 7, false)));
  const std::uint32_t far = 720 + 5;
  EXPECT_THAT(route(cluster, 7, far),
              ElementsAre(cluster.port(3, 7, true), cluster.uplink(4, 0, 0, true),
                          cluster.uplink(4, 1, 0, false), cluster.port(3, far, false)));
}

TEST(Topology, oversubscription_and_planes_divide_what_the_chips_below_could_send) {
  const Topology cluster(test::trn3_cluster(4, 16));
  EXPECT_EQ(cluster.bytes_per_s(cluster.uplink(4, 2, 15, true)), 25e9 * 720 / 4 / 16);
  EXPECT_EQ(cluster.bytes_per_s(cluster.port(3, 0, true)), 25e9);
  EXPECT_EQ(cluster.latency_s(cluster.port(3, 0, true)), 0.3e-6);
}

TEST(Topology, receivers_any_number_of_places_apart_are_spread_over_the_planes) {
  const Topology cluster(test::trn3_cluster(1, 16));
  for (const std::uint32_t apart : {1U, 4U, 16U}) {
    std::map<std::uint32_t, int> flows;
    for (std::uint32_t i = 0; i < 32; ++i) ++flows[route(cluster, 0, 720 + i * apart)[1]];
    EXPECT_EQ(flows.size(), 16U) << apart;
    for (const auto& [link, count] : flows) EXPECT_LE(count, 4) << apart;
  }
}

TEST(Topology, every_way_leads_from_link_to_link_to_the_receiver) {
  std::mt19937_64 random(test::printed_seed());
  const Topology cluster(test::trn3_cluster(2, 4));
  for (int i = 0; i < 2000; ++i) {
    const auto from = static_cast<std::uint32_t>(random() % cluster.chips());
    const auto to = static_cast<std::uint32_t>(random() % cluster.chips());
    const std::vector<std::uint32_t> path = route(cluster, from, to);
    EXPECT_EQ(std::set<std::uint32_t>(path.begin(), path.end()).size(), path.size());
    for (const std::uint32_t link : path) EXPECT_GT(cluster.bytes_per_s(link), 0);
    EXPECT_LE(path.size(), 4U);
  }
}

TEST(Topology, a_failed_link_of_a_torus_is_passed_by_the_shortest_way_around) {
  Topology torus(test::trn2_server());
  torus.fail(torus.ring_link(0, 0));
  // Chip 0 to chip 1: three steps either way.
  const std::vector<std::uint32_t> path = route(torus, 0, 1);
  EXPECT_EQ(path.size(), 3U);
  for (const std::uint32_t link : path) EXPECT_FALSE(torus.failed(link));
  EXPECT_THAT(route(torus, 1, 0), ElementsAre(torus.ring_link(0, 1, false)));
}

TEST(Topology, a_failed_port_is_passed_over_another_level) {
  Topology cluster(test::trn3_cluster());
  cluster.fail(cluster.port(0, 0, true));
  EXPECT_THAT(route(cluster, 0, 3),
              ElementsAre(cluster.port(1, 0, true), cluster.port(1, 3, false)));
  cluster.fail(cluster.port(1, 0, true));
  // Over the other rack's chip of the same position and back.
  EXPECT_EQ(route(cluster, 0, 3).size(), 4U);
  cluster.fail(cluster.ring_link(2, 0));
  EXPECT_THAT(route(cluster, 0, 3),
              ElementsAre(cluster.port(3, 0, true), cluster.port(3, 3, false)));
  cluster.fail(cluster.port(3, 0, true));
  try {
    route(cluster, 0, 3);
    FAIL() << "nothing was thrown";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::limit);
    EXPECT_THAT(fault.message(), HasSubstr("chip 0 to chip 3"));
    EXPECT_THAT(fault.message(), HasSubstr("port of chip 0 up 'server'"));
  }
  EXPECT_EQ(route(cluster, 3, 0).size(), 2U);
}

TEST(Topology, failed_uplinks_are_passed_over_until_none_is_left) {
  Topology cluster(test::trn3_cluster(1, 2));
  const std::uint32_t first = route(cluster, 0, 720)[1];
  cluster.fail(first);
  const std::uint32_t second = route(cluster, 0, 720)[1];
  EXPECT_NE(second, first);
  EXPECT_TRUE(second == cluster.uplink(4, 0, 0, true) || second == cluster.uplink(4, 0, 1, true));
  cluster.fail(second);
  EXPECT_THROW(route(cluster, 0, 720), Fault);
  EXPECT_EQ(route(cluster, 720, 0).size(), 4U);
}

TEST(Topology, a_failed_chip_is_passed_and_not_reached) {
  Topology torus(test::trn2_ultraserver());
  torus.fail_chip(1);
  EXPECT_THROW(route(torus, 0, 1), Fault);
  EXPECT_THROW(route(torus, 1, 0), Fault);
  for (std::uint32_t to = 2; to < 64; ++to) {
    for (const std::uint32_t link : route(torus, 0, to)) EXPECT_FALSE(torus.failed(link));
  }
}

TEST(Topology, a_degraded_link_slows_the_flows_that_cross_it) {
  Topology torus(test::trn2_server());
  torus.degrade(torus.ring_link(0, 2), 0.25);
  const std::vector<std::uint32_t> from = {0, 2}, to = {1, 3};
  const RoutedFlows flows = route_flows(torus, from, to);
  EXPECT_THAT(max_min_rates(flows.paths, flows.bytes_per_s), ElementsAre(128e9, 32e9));
  EXPECT_THAT(flows.latency_s, ElementsAre(0.5e-6, 0.5e-6));
}

TEST(Topology, an_all_to_all_on_a_torus_runs_at_the_rate_of_its_bisection) {
  const Topology torus(test::trn2_server());
  std::vector<std::uint32_t> from, to;
  for (std::uint32_t i = 0; i < 256; ++i) {
    if (i % 16 == i / 16) continue;
    from.push_back(i / 16);
    to.push_back(i % 16);
  }
  const RoutedFlows flows = route_flows(torus, from, to);
  // 16 x 16 flows, 1 step on average in each dimension, over 32 links: 8 on every link.
  for (const double rate : max_min_rates(flows.paths, flows.bytes_per_s)) {
    EXPECT_GE(rate, 128e9 / 8 * (1 - 1e-9));
  }
}

TEST(Topology, a_shape_that_means_nothing_is_refused_by_name) {
  const auto refused = [](std::vector<FabricLevel> levels, const char* says) {
    try {
      const Topology topology(std::move(levels));
      FAIL() << "nothing was thrown: " << says;
    } catch (const Fault& fault) {
      EXPECT_THAT(fault.message(), HasSubstr(says));
    }
  };
  FabricLevel wrong = test::switched("pod", 4, 1e9);
  wrong.count = 0;
  refused({wrong}, "level 'pod': a group has at least one unit");
  refused({test::switched("pod", 4, 0)}, "bytes/s are more than 0");
  refused({test::switched("pod", 4, std::numeric_limits<double>::quiet_NaN())}, "bytes/s");
  refused({test::tree("spine", 4)}, "a tree joins switches");
  refused({test::ring("x", 4, 1), test::tree("spine", 4)}, "a tree joins switches");
  refused({test::switched("pod", 4, 1), test::tree("spine", 4), test::ring("z", 4, 1)},
          "above a tree only trees stand");
  refused({test::switched("pod", 4, 1), test::tree("spine", 4, 0)}, "oversubscription");
  refused({test::switched("pod", 4, 1), test::tree("spine", 4, 1, 0)}, "uplink");
  refused({test::switched("a", 1 << 20, 1), test::switched("b", 1 << 20, 1)}, "chips");
  Topology torus(test::trn2_server());
  EXPECT_THROW(torus.degrade(0, 0), Fault);
  EXPECT_THROW(torus.degrade(0, 1.5), Fault);
  EXPECT_THROW(torus.fail(64), Fault);
  EXPECT_THROW(route(torus, 0, 16), Fault);
}

}  // namespace
}  // namespace trainyard
