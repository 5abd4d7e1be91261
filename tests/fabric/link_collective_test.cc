// SPDX-License-Identifier: Apache-2.0
#include "fabric/link_collective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/fault.h"
#include "fabric/ring_orders.h"
#include "fabric/system_links.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

constexpr double kGiB = 1024.0 * 1024 * 1024;

TEST(RingOrders, two_cycles_both_ways_use_every_link_of_a_torus_once) {
  for (const std::int64_t side : {3, 4, 5, 8}) {
    std::set<std::pair<std::int64_t, std::int64_t>> links;
    for (const auto& next : ring_orders(LevelShape::torus, side * side, true)) {
      std::set<std::int64_t> visited;
      for (std::int64_t at = 0; visited.insert(at).second;) {
        const std::int64_t to = next[static_cast<std::size_t>(at)];
        const std::int64_t x = (to % side - at % side + side) % side;
        const std::int64_t y = (to / side - at / side + side) % side;
        EXPECT_TRUE((x == 0 && (y == 1 || y == side - 1)) || (y == 0 && (x == 1 || x == side - 1)));
        EXPECT_TRUE(links.emplace(at, to).second);
        at = to;
      }
      EXPECT_EQ(visited.size(), next.size());
    }
    EXPECT_EQ(links.size(), static_cast<std::size_t>(4 * side * side));
  }
}

TEST(RingOrders, a_switch_needs_one_ring_and_direct_links_go_both_ways) {
  EXPECT_EQ(ring_orders(LevelShape::switched, 8, true).size(), 1U);
  EXPECT_EQ(ring_orders(LevelShape::ring, 4, true).size(), 2U);
  EXPECT_EQ(ring_orders(LevelShape::ring, 2, true).size(), 1U);
  EXPECT_EQ(ring_orders(LevelShape::torus, 8, false).size(), 2U);
}

TEST(SystemLinks, a_torus_is_two_rings_and_a_chips_rate_that_of_all_its_links) {
  const System system = load_system("trn2-ultraserver");
  const Level& instance = system.levels[1];
  const Topology links = system_links(system, 100);
  EXPECT_EQ(links.chips(), 128U);
  ASSERT_EQ(links.levels().size(), 4U);
  EXPECT_EQ(links.levels()[0].name, "instance x");
  EXPECT_EQ(links.levels()[0].count, 4);
  EXPECT_DOUBLE_EQ(links.levels()[0].bytes_per_s, instance.bytes_per_s * instance.sustained / 4);
  EXPECT_EQ(links.levels()[2].count, 4);
  EXPECT_EQ(links.levels()[3].kind, LevelKind::switched);
  EXPECT_EQ(links.levels()[3].count, 2);
}

TEST(SystemLinks, only_the_levels_that_the_chips_need_are_there) {
  const System system = load_system("trn3-gen2");
  EXPECT_EQ(system_links(system, 4).chips(), 4U);
  EXPECT_EQ(system_links(system, 5).chips(), 72U);
  EXPECT_EQ(system_links(system, 1'000'080).chips(), 1'000'080U);
  EXPECT_THROW(system_links(system, 10'000'000), Fault);
}

struct Case {
  std::string system;
  std::int64_t chips, size, stride;
};

// On whole links, where the algorithm loads all of them alike, L2 is L0.
TEST(LinkCollective, on_whole_links_takes_the_time_of_the_folded_collective) {
  const Collective kinds[] = {Collective::all_reduce, Collective::reduce_scatter,
                              Collective::all_gather, Collective::all_to_all};
  for (const Case& run : {Case{"hgx-h100", 8, 8, 1}, Case{"hgx-h100", 32, 32, 1},
                          Case{"hgx-h100", 64, 16, 4}, Case{"gb200-nvl72", 72, 72, 1},
                          Case{"trn3-gen1", 64, 256, 1}, Case{"trn3-gen1", 128, 2, 256},
                          Case{"trn3-gen2", 72, 16, 1}, Case{"trn3-gen2", 720, 5, 576}}) {
    const System system = load_system(run.system);
    const Topology links = system_links(system, run.chips);
    for (const Collective kind : kinds) {
      for (const double bytes : {256e3, 16e6, kGiB}) {
        const CollectiveCost folded = collective_cost(
            system,
            lay_group(system, static_cast<double>(run.size), static_cast<double>(run.stride)), kind,
            bytes);
        const LinkCollective found = collective_on_links(
            system, links, run.chips * system.chip.ranks, run.size, run.stride, kind, bytes);
        EXPECT_EQ(found.way, folded.way);
        for (const double seconds : found.seconds) {
          EXPECT_NEAR(seconds, folded.seconds, 1e-6 * folded.seconds)
              << run.system << " " << run.size << " by " << run.stride << ", " << bytes;
        }
      }
    }
  }
}

TEST(LinkCollective, rings_over_a_whole_torus_take_the_time_of_the_folded_ones) {
  const System system = load_system("trn2-ultraserver");
  for (const Case& run : {Case{"", 16, 64, 1}, Case{"", 64, 256, 1}, Case{"", 64, 64, 4}}) {
    const Topology links = system_links(system, run.chips);
    const CollectiveCost folded = collective_cost(
        system, lay_group(system, static_cast<double>(run.size), static_cast<double>(run.stride)),
        Collective::all_reduce, kGiB);
    ASSERT_EQ(folded.way, CollectiveWay::ring);
    EXPECT_NEAR(collective_on_links(system, links, run.chips * system.chip.ranks, run.size,
                                    run.stride, Collective::all_reduce, kGiB)
                    .slowest_s,
                folded.seconds, 1e-6 * folded.seconds);
  }
}

TEST(LinkCollective, a_slow_port_holds_its_own_group_and_no_other) {
  const System system = load_system("hgx-h100");
  Topology links = system_links(system, 32);
  const auto run = [&] {
    return collective_on_links(system, links, 32, 8, 1, Collective::all_gather, kGiB);
  };
  const LinkCollective whole = run();
  ASSERT_EQ(whole.seconds.size(), 4U);
  const std::uint32_t port = links.port(0, 11, true);
  links.degrade(port, 0.5);
  const LinkCollective slow = run();
  EXPECT_EQ(slow.seconds[0], whole.seconds[0]);
  EXPECT_NEAR(slow.seconds[1], 2 * whole.seconds[1], 0.01 * whole.seconds[1]);
  EXPECT_EQ(slow.slowest_s, slow.seconds[1]);
  EXPECT_EQ(slow.held_by, port);
}

TEST(LinkCollective, a_failed_link_of_a_torus_costs_more_and_none_left_is_told) {
  const System system = load_system("trn2-ultraserver");
  Topology links = system_links(system, 16);
  const auto run = [&] {
    return collective_on_links(system, links, 64, 64, 1, Collective::all_reduce, kGiB).slowest_s;
  };
  const double whole_s = run();
  links.fail(links.ring_link(0, 0));
  EXPECT_GT(run(), 1.2 * whole_s);
  links.fail_chip(5);
  try {
    run();
    FAIL() << "nothing was thrown";
  } catch (const Fault& fault) {
    EXPECT_THAT(fault.message(), HasSubstr("chip 5"));
  }
}

TEST(LinkCollective, an_oversubscribed_network_is_felt_when_all_chips_send_at_once) {
  System system = load_system("trn3-gen2");
  system.levels.back().oversubscription = 4;
  const Topology links = system_links(system, 288);
  const double folded_s =
      collective_cost(system, lay_group(system, 2, 576), Collective::all_gather, kGiB).seconds;
  const auto seconds = [&](std::int64_t ranks) {
    return collective_on_links(system, links, ranks, 2, 576, Collective::all_gather, kGiB)
        .slowest_s;
  };
  EXPECT_NEAR(seconds(1152), folded_s, 1e-6 * folded_s);
  // A quarter of the chips send through uplinks that are enough for a quarter.
  EXPECT_NEAR(seconds(576 + 144), folded_s / 4, 0.01 * folded_s);
}

TEST(LinkCollective, a_flood_of_flows_is_refused_before_it_is_made) {
  const System system = load_system("trn3-gen2");
  const Topology links = system_links(system, 14'400);
  EXPECT_THROW(collective_on_links(system, links, 57'600, 57'600, 1, Collective::all_to_all, kGiB),
               Fault);
  EXPECT_TRUE(
      collective_on_links(system, links, 0, 8, 1, Collective::all_to_all, kGiB).seconds.empty());
}

}  // namespace
}  // namespace trainyard
