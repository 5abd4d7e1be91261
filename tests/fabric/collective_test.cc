// SPDX-License-Identifier: Apache-2.0
#include "fabric/collective.h"

#include <gtest/gtest.h>

#include "fabric/expert_exchange.h"

namespace trainyard {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

TEST(Collective, AGroupKnowsHowManyOfItLieTogether) {
  const System system = load_system("trn3-gen2");  // 4 ranks a chip; 4, 72, 144 chips
  EXPECT_EQ(lay_group(system, 16, 1).members, (std::vector<double>{4, 16, 16, 16, 16}));
  EXPECT_EQ(lay_group(system, 64, 16).members, (std::vector<double>{1, 1, 16, 32, 64}));
  EXPECT_EQ(lay_group(system, 8, 576).members, (std::vector<double>{1, 1, 1, 1, 8}));
}

TEST(Collective, AllReduceOfEightA100IsNearTheMeasuredTime) {
  // scale-dev rows collective-a100-80gb-all-reduce-005 to 007; the slope is FITTED from 006 and
  // 007.
  const System system = load_system("hgx-a100");
  const GroupLayout group = lay_group(system, 8, 1);
  const double took_us =
      1e6 * collective_cost(system, group, Collective::all_reduce, 256.0 * 1024 * 1024).seconds;
  EXPECT_NEAR(took_us, 2162.3, 0.15 * 2162.3);
}

TEST(Collective, AnAllReduceIsAReduceScatterAndAnAllGather) {
  for (const char* name : {"trn1", "trn2-ultraserver", "trn3-gen2", "hgx-a100"}) {
    const System system = load_system(name);
    const GroupLayout group = lay_group(system, 64, 2);
    const auto cost = [&](Collective kind) {
      return collective_cost(system, group, kind, kGiB).seconds;
    };
    EXPECT_NEAR(cost(Collective::all_reduce),
                cost(Collective::reduce_scatter) + cost(Collective::all_gather),
                1e-3 * cost(Collective::all_reduce))
        << name;
  }
}

TEST(Collective, TheAlgorithmFollowsTheSizeAsNeuronDocuments) {
  const System system = load_system("trn2-ultraserver");
  const GroupLayout group = lay_group(system, 64, 1);
  const auto way = [&](double bytes) {
    return way_name(collective_cost(system, group, Collective::all_reduce, bytes).way);
  };
  EXPECT_EQ(way(4096), "mesh");
  EXPECT_EQ(way(1024 * 1024 - 1), "mesh");
  EXPECT_EQ(way(1024 * 1024), "halving");
  EXPECT_EQ(way(56.0 * 1024 * 1024), "halving");
  EXPECT_EQ(way(kGiB), "ring");
  EXPECT_EQ(way_name(collective_cost(system, lay_group(system, 48, 1), Collective::all_reduce,
                                     16.0 * 1024 * 1024)
                         .way),
            "ring");
}

TEST(Collective, ARowOfATorusKeepsHalfOfItsLinksBusyAMessageAQuarter) {
  const System system = load_system("trn1");  // 4 x 4 chips of two ranks
  const auto busy = [&](double size, double stride, Collective kind) {
    const GroupLayout group = lay_group(system, size, stride);
    const double bytes = 256.0 * 1024 * 1024;
    return links_kept_busy(system, group, kind, collective_cost(system, group, kind, bytes));
  };
  EXPECT_NEAR(busy(4, 2, Collective::all_gather)[1], 0.5, 1e-12);
  EXPECT_NEAR(busy(16, 2, Collective::all_gather)[1], 1, 1e-12);
  EXPECT_NEAR(busy(16, 2, Collective::all_to_all)[1], 1, 1e-12);
  EXPECT_NEAR(busy(2, 2, Collective::send)[1], 0.25, 1e-12);
  EXPECT_EQ(busy(4, 2, Collective::all_gather)[0], 0);
  EXPECT_EQ(busy(1, 1, Collective::all_gather), std::vector<double>(3, 0.0));
}

TEST(Collective, MoreBytesOrMoreRanksNeverTakeLess) {
  for (const std::string& name : system_names()) {
    const System system = load_system(name);
    for (const Collective kind : {Collective::all_gather, Collective::all_to_all}) {
      double before = 0;
      for (double bytes = 2.0 * 1024 * 1024; bytes < 64 * kGiB; bytes *= 2) {
        if (bytes > 56.0 * 1024 * 1024 && before > 0 && bytes < 128.0 * 1024 * 1024) before = 0;
        const double now = collective_cost(system, lay_group(system, 64, 1), kind, bytes).seconds;
        EXPECT_GE(now, before) << name << " " << bytes;
        before = now;
      }
    }
  }
}

TEST(Collective, OneCopyAUnitSendsLessOverTheNetwork) {
  const System system = load_system("hgx-h800");
  const GroupLayout group = lay_group(system, 64, 1);
  ExpertExchange exchange;
  exchange.tokens = 4096;
  exchange.bytes_per_token = 7168;
  exchange.top_k = 8;
  exchange.node_limit = 4;
  const CollectiveCost once = expert_exchange_cost(system, group, exchange);
  // Four nodes at most, one in eight of them its own.
  EXPECT_NEAR(once.level_bytes.back(), 4096.0 * 7168 * 4 * 7 / 8, 1);
  exchange.one_copy_a_unit = false;
  exchange.node_limit = 0;
  const CollectiveCost each = expert_exchange_cost(system, group, exchange);
  EXPECT_NEAR(each.level_bytes.back(), 4096.0 * 7168 * 8 * 56 / 64, 1);
  EXPECT_GT(each.seconds, once.seconds);
}

}  // namespace
}  // namespace trainyard
