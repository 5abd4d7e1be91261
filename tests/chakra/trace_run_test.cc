// SPDX-License-Identifier: Apache-2.0
#include "chakra/trace_run.h"

#include <gtest/gtest.h>

#include <chrono>

#include "chakra/trace_cost.h"
#include "chakra/trace_fixture.h"

namespace trainyard {
namespace {

using wire::collective;
using wire::compute;
using wire::receive;
using wire::send;
using wire::whole;

using TraceRuns = Traces;
constexpr int kAllReduce = 0, kAllGather = 2, kBroadcast = 5, kReduceScatter = 7, kBarrier = 9;
constexpr std::int64_t kMiB = 1 << 20;

double part(const TraceReport& report, const std::string& name) {
  for (const TracePart& known : report.path) {
    if (known.name == name) return known.seconds;
  }
  return 0;
}

TEST_F(TraceRuns, KernelsOfARankFollowEachOtherWhetherTheyDependOrNot) {
  give({{compute(1, 5), compute(2, 7), compute(3, 11, {1})}});
  const TraceReport report = replay();
  EXPECT_DOUBLE_EQ(report.seconds, 23e-6);
  EXPECT_DOUBLE_EQ(report.ranks[0].chip_s, 23e-6);
  EXPECT_EQ(report.ranks[0].waiting_s, 0);
}

TEST_F(TraceRuns, DataDependenciesHoldBackAndTheCallTreeDoesNot) {
  wire::Node host = compute(1, 40), kernel = compute(2, 7), last = compute(3, 1, {2});
  host.more = wire::truth("is_cpu_op", true);
  kernel.ctrl_deps = {1, 99};  // PyTorch leaves the call tree's roots out
  give({{host, kernel, last}});
  EXPECT_DOUBLE_EQ(replay().seconds, 40e-6);  // host and chip go beside each other
  kernel.data_deps = {1};
  give({{host, kernel, last}});
  const TraceReport report = replay();
  EXPECT_DOUBLE_EQ(report.seconds, 48e-6);
  EXPECT_DOUBLE_EQ(part(report, "host"), 40e-6);
  EXPECT_DOUBLE_EQ(report.ranks[0].waiting_s, 40e-6);
}

TEST_F(TraceRuns, TheHostsCallOfAnExchangeIsHostTime) {
  // As PyTorch's traces have c10d::broadcast_ and the kernel that it starts.
  wire::Node call = {1, 7, {}, {}, 85, wire::truth("is_cpu_op", true)};
  const std::vector<wire::Node> rank = {call, collective(2, kBroadcast, kMiB, {1})};
  give({rank, rank});
  EXPECT_DOUBLE_EQ(replay().seconds, 85e-6 + cost_s(Collective::all_gather, 2, kMiB));
}

TEST_F(TraceRuns, ACollectiveBeginsWhenItsLastRankIsThere) {
  give({{compute(1, 100), collective(2, kAllReduce, kMiB, {1})},
        {compute(1, 300), collective(2, kAllReduce, kMiB, {1})}});
  const double cost = cost_s(Collective::all_reduce, 2, kMiB);
  ASSERT_GT(cost, 0);
  const TraceReport report = replay();
  EXPECT_DOUBLE_EQ(report.seconds, 300e-6 + cost);
  EXPECT_DOUBLE_EQ(part(report, "chip"), 300e-6);  // of the late rank
  EXPECT_NEAR(part(report, "all-reduce"), cost, 1e-15);
  EXPECT_NEAR(report.ranks[0].exposed_s, cost, 1e-15);
  EXPECT_NEAR(report.ranks[0].waiting_s, 200e-6, 1e-15);
  EXPECT_NEAR(report.ranks[1].waiting_s, 0, 1e-15);
}

TEST_F(TraceRuns, ExchangeGoesBesideWhatDoesNotDependOnIt) {
  const std::int64_t bytes = 64 * kMiB;
  const double cost = cost_s(Collective::all_reduce, 2, static_cast<double>(bytes));
  const auto micros = static_cast<std::uint64_t>(cost * 1e6) + 50;
  const std::vector<wire::Node> rank = {compute(1, 10), collective(2, kAllReduce, bytes, {1}),
                                        compute(3, micros, {1}), compute(4, 10, {2, 3})};
  give({rank, rank});
  const TraceReport report = replay();
  EXPECT_NEAR(report.seconds, 20e-6 + static_cast<double>(micros) * 1e-6, 1e-12);
  EXPECT_NEAR(report.ranks[0].exposed_s, 0, 1e-12);
  EXPECT_NEAR(report.ranks[0].exchange_s, cost, 1e-12);
}

TEST_F(TraceRuns, SizesAreWhatARankPutsIn) {
  const auto alone = [&](int type, std::int64_t bytes) {
    const std::vector<wire::Node> rank = {collective(1, type, bytes)};
    give({rank, rank, rank, rank});
    return replay().seconds;
  };
  EXPECT_DOUBLE_EQ(alone(kAllGather, kMiB), cost_s(Collective::all_gather, 4, 4.0 * kMiB));
  EXPECT_DOUBLE_EQ(alone(kReduceScatter, kMiB), cost_s(Collective::reduce_scatter, 4, kMiB));
  EXPECT_DOUBLE_EQ(alone(kBroadcast, kMiB), cost_s(Collective::all_gather, 4, kMiB));
  EXPECT_DOUBLE_EQ(alone(6, kMiB), cost_s(Collective::all_to_all, 4, kMiB));
  EXPECT_DOUBLE_EQ(alone(kAllReduce, 0), 0);
  EXPECT_DOUBLE_EQ(alone(kBarrier, 0), cost_s(Collective::all_reduce, 4, 4));
  EXPECT_GT(alone(kBarrier, 0), 0);
}

TEST_F(TraceRuns, AReceiveEndsWhenItsSendDoes) {
  const double cost = cost_s(Collective::send, 2, kMiB);
  ASSERT_GT(cost, 0);
  give({{compute(1, 100), send(2, 1, kMiB, {1}), compute(3, 500, {1})},
        {receive(1, 0, kMiB), compute(2, 10, {1})}});
  const TraceReport report = replay();
  EXPECT_DOUBLE_EQ(report.ranks[1].end_s, 100e-6 + cost + 10e-6);
  EXPECT_DOUBLE_EQ(report.ranks[0].end_s, 600e-6);  // the sender does not wait
  EXPECT_NEAR(report.ranks[1].exposed_s, cost, 1e-15);
  // A receive that comes late finds it there.
  give({{send(2, 1, kMiB)}, {compute(1, 900), receive(2, 0, kMiB, {1})}});
  EXPECT_DOUBLE_EQ(replay().seconds, 900e-6);
}

TEST_F(TraceRuns, MessagesOfATagKeepTheirOrderAndTagsKeepApart) {
  const double cost = cost_s(Collective::send, 2, kMiB);
  give({{send(1, 1, kMiB, {}, 5), compute(2, 100), send(3, 1, kMiB, {2}, 6)},
        {receive(1, 0, kMiB, {}, 6), receive(2, 0, kMiB, {}, 5), compute(3, 1, {2})}});
  EXPECT_DOUBLE_EQ(replay().ranks[1].end_s, 100e-6 + cost);
  give({{send(1, 1, kMiB), send(2, 1, kMiB)}, {receive(1, 0, kMiB), receive(2, 0, kMiB)}});
  EXPECT_DOUBLE_EQ(replay().seconds, 2 * cost);  // one link
}

TEST_F(TraceRuns, GroupsAreNamedByMetadataOrByAFile) {
  const std::string groups =
      R"(['[{"pg_name": "0", "ranks": []}, {"pg_name": "7", "ranks": [0, 2]}]'])";
  wire::Node init = {
      1, 1, {}, {}, 0, wire::text(8, wire::text(1, groups)), "## process_group:init"};
  const std::vector<wire::Node> in = {init, collective(2, kAllReduce, kMiB, {1}, "7")};
  give({in, {init, compute(2, 1)}, in, {init, compute(2, 1)}});
  EXPECT_DOUBLE_EQ(replay().seconds, cost_s(Collective::all_reduce, 2, kMiB, 2));
  folder_.write("groups.json", R"({"7": [0, 1, 2, 3], "8": [0, 2]})");
  workload_ = "groups = \"groups.json\"";
  const std::vector<wire::Node> by_file = {collective(2, kAllReduce, kMiB, {}, "8")};
  give({by_file, {compute(2, 1)}, by_file, {compute(2, 1)}});
  EXPECT_DOUBLE_EQ(replay().seconds, cost_s(Collective::all_reduce, 2, kMiB, 2));
}

TEST_F(TraceRuns, CollectivesOfAGroupFollowEachOtherThoseOfOthersGoBeside) {
  folder_.write("groups.json", R"({"1": [0, 1], "2": [0, 1, 2], "3": [1, 0]})");
  workload_ = "groups = \"groups.json\"";
  const auto two = [&](const std::string& a, const std::string& b) {
    const std::vector<wire::Node> rank = {collective(1, kAllReduce, kMiB, {}, a),
                                          collective(2, kAllReduce, kMiB, {}, b)};
    give({rank, rank, {compute(1, 1)}});
    return replay().seconds;
  };
  const double cost = cost_s(Collective::all_reduce, 2, kMiB);
  EXPECT_DOUBLE_EQ(two("1", "1"), 2 * cost);
  EXPECT_DOUBLE_EQ(two("1", "3"), 2 * cost);  // the same ranks are the same group
  folder_.write("groups.json", R"({"1": [0, 1], "2": [2, 3]})");
  const std::vector<wire::Node> one = {collective(1, kAllReduce, kMiB, {}, "1")},
                                other = {collective(1, kAllReduce, kMiB, {}, "2")};
  give({one, one, other, other});
  EXPECT_DOUBLE_EQ(replay().seconds, cost);
}

TEST_F(TraceRuns, ExchangesOfARankAtOnceShareItsLinks) {
  folder_.write("groups.json", R"({"1": [0, 1], "2": [1, 2]})");
  workload_ = "groups = \"groups.json\"";
  const System system = load_system("hgx-h100");
  const CollectiveCost cost =
      collective_cost(system, lay_group(system, 2, 1), Collective::all_reduce, 64.0 * kMiB);
  const double moving_s = cost.seconds - cost.latency_s;
  ASSERT_GT(moving_s, 0);
  const auto in = [](std::uint64_t id, const char* group) {
    return collective(id, kAllReduce, 64 * kMiB, {}, group);
  };
  give({{in(1, "1")}, {in(1, "1"), in(2, "2")}, {in(1, "2")}});
  const TraceReport report = replay();
  EXPECT_NEAR(report.seconds, cost.seconds + moving_s, 1e-4 * moving_s);
  EXPECT_DOUBLE_EQ(report.apart_s, cost.seconds);
  EXPECT_NE(traces_text(scenario(), report).find("longer than if no exchange slowed another"),
            std::string::npos);
}

TEST_F(TraceRuns, MessagesShareLinksWithThoseOfTheSameWayOnly) {
  const std::int64_t bytes = 64 * kMiB;
  const double cost = cost_s(Collective::send, 2, static_cast<double>(bytes));
  give({{send(1, 1, bytes), receive(2, 1, bytes)}, {send(1, 0, bytes), receive(2, 0, bytes)}});
  EXPECT_DOUBLE_EQ(replay().seconds, cost);  // to and fro
  give({{send(1, 2, bytes)}, {send(1, 2, bytes)}, {receive(1, 0, bytes), receive(2, 1, bytes)}});
  const TraceReport report = replay();
  EXPECT_DOUBLE_EQ(report.apart_s, cost);
  EXPECT_NEAR(report.seconds, 2 * cost, 0.02 * cost);  // into one rank
}

TEST_F(TraceRuns, UnevenGroupsAreLaidByTheirFullestUnit) {
  const System system = load_system("hgx-h100");
  EXPECT_EQ(lay_ranks(system, {0, 1, 2, 3}).members, lay_group(system, 4, 1).members);
  EXPECT_EQ(lay_ranks(system, {0, 8, 16}).members, lay_group(system, 3, 8).members);
  const GroupLayout uneven = lay_ranks(system, {0, 1, 2, 9});  // servers of 8
  EXPECT_EQ(uneven.size, 4);
  EXPECT_EQ(uneven.members.front(), 3);
  EXPECT_EQ(uneven.members.back(), 4);
}

TEST_F(TraceRuns, TheRooflineSaysWhatNobodyRecorded) {
  wire::Node gemm = compute(1, 0), copy = compute(2, 0, {1}), timed = compute(3, 70, {2});
  gemm.more = whole("num_ops", 1'000'000'000'000) + whole("tensor_size", 1000);
  copy.more = whole("tensor_size", 1'000'000'000);
  timed.more = gemm.more;
  give({{gemm, copy, timed}});
  const SystemChip chip = load_system("hgx-h100").chip;
  const double gemm_s = 1e12 / (chip.bf16_flop_per_s * chip.matmul_sustained);
  const double copy_s = 1e9 / (chip.hbm_bytes_per_s * chip.hbm_sustained);
  TraceReport report = replay();
  EXPECT_NEAR(report.seconds, gemm_s + copy_s + 70e-6, 1e-12);
  EXPECT_EQ(report.by_roofline, 2u);
  workload_ = "compute = \"roofline\"";
  report = replay();
  EXPECT_NEAR(report.seconds, 2 * gemm_s + copy_s, 1e-12);
  EXPECT_EQ(report.by_roofline, 3u);
  software_ = "matmul_efficiency = 0.5\nmemory_efficiency = 0.25";
  EXPECT_NEAR(replay().seconds, 4 * gemm_s + 4 * copy_s, 1e-12);
  workload_ += "\nformat = \"fp8\"";
  EXPECT_NEAR(replay().seconds,
              4 * gemm_s * chip.bf16_flop_per_s / chip.fp8_flop_per_s + 4 * copy_s, 1e-12);
}

TEST_F(TraceRuns, MemoryNodesMoveTheirTensorBesideTheChip) {
  wire::Node load = {1, 2, {}, {}, 0, whole("tensor_size", 1'000'000'000)};
  give({{load, compute(2, 5)}});
  const SystemChip chip = load_system("hgx-h100").chip;
  const TraceReport report = replay();
  EXPECT_NEAR(report.seconds, 1e9 / (chip.hbm_bytes_per_s * chip.hbm_sustained), 1e-12);
  EXPECT_NEAR(part(report, "memory"), report.seconds, 1e-15);
}

TEST_F(TraceRuns, OneTraceStandsForManyRanksAsIfEachHadIts) {
  folder_.write("groups.json", R"({"1": [0, 1, 2, 3, 4, 5, 6, 7]})");
  workload_ = "groups = \"groups.json\"";
  const std::vector<wire::Node> rank = {
      compute(1, 10), collective(2, kAllReduce, kMiB, {1}), compute(3, 10, {2}),
      collective(4, kAllGather, kMiB, {3}, "1"), collective(5, kBarrier, 0, {4})};
  give(std::vector<std::vector<wire::Node>>(8, rank));
  const double each = replay().seconds;
  represents_ = 8;
  give({rank});
  EXPECT_EQ(ranks_, 8);
  EXPECT_DOUBLE_EQ(replay().seconds, each);
}

TEST_F(TraceRuns, AMillionNodesTakeTimeByTheirNumber) {
  const auto seconds_of = [&](std::uint64_t count) {
    std::vector<wire::Node> nodes;
    for (std::uint64_t id = 0; id < count; ++id) {
      if (id == 0) {
        nodes.push_back(compute(id, 3));
      } else if (id % 10 == 0) {
        nodes.push_back(collective(id, kAllReduce, 1000, {id - 1}));
      } else {
        nodes.push_back(compute(id, 3, {id - 1}));
      }
    }
    give({nodes, nodes});
    const TraceScenario asked = scenario();
    const auto since = std::chrono::steady_clock::now();
    replay_traces(asked);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
  };
  const double few = seconds_of(20'000), many = seconds_of(200'000);
  EXPECT_LT(many, 40 * few + 0.5);  // ten times as many; a square would be a hundred times
}

TEST_F(TraceRuns, OneSlowChipHoldsUpWhoeverWaitsForIt) {
  wire::Node host = compute(1, 40);
  host.more = wire::truth("is_cpu_op", true);
  const std::vector<wire::Node> rank = {host, compute(2, 100, {1}),
                                        collective(3, kAllReduce, kMiB, {2})};
  give({rank, rank, rank, rank});
  const double alike_s = replay().seconds;
  faults_ = "[[faults.chip]]\nchip = 2\nspeed = 0.8\n";
  const TraceReport report = replay();
  EXPECT_NEAR(report.seconds, alike_s + 25e-6, 1e-12);  // the host is as fast as ever
  EXPECT_DOUBLE_EQ(report.alike_s, alike_s);
  EXPECT_NEAR(report.ranks[0].waiting_s, report.ranks[2].waiting_s + 25e-6, 1e-12);
  EXPECT_NE(traces_text(scenario(), report).find("longer than with all chips alike"),
            std::string::npos);
}

TEST_F(TraceRuns, NoiseIsTheSameForTheSameSeedAndHasItsMean) {
  std::vector<wire::Node> rank;
  for (int i = 1; i <= 4000; ++i) rank.push_back(compute(i, 10));
  give({rank, rank});
  faults_ = "[faults]\njitter = 0.2\n";
  const TraceReport report = replay();
  EXPECT_EQ(report.seconds, replay().seconds);
  for (const TraceRankTimes& one : report.ranks) {
    EXPECT_NEAR(one.chip_s, report.alike_s, 0.02 * report.alike_s);
    EXPECT_NE(one.chip_s, report.alike_s);
  }
  EXPECT_NE(report.ranks[0].chip_s, report.ranks[1].chip_s);
  faults_ = "[faults]\njitter = 0.2\nseed = 2\n";
  EXPECT_NE(replay().seconds, report.seconds);
}

TEST_F(TraceRuns, ATraceOfManyRanksHasTheSlowestOfTheirChips) {
  represents_ = 4;
  give({{compute(1, 100)}, {compute(1, 100)}});
  faults_ = "[[faults.chip]]\nchip = 6\nspeed = 0.5\n";
  const TraceReport report = replay();
  EXPECT_DOUBLE_EQ(report.ranks[0].chip_s, 100e-6);
  EXPECT_DOUBLE_EQ(report.ranks[1].chip_s, 200e-6);
  for (const auto& [faults, words] :
       {std::pair("[faults]\njitter = 0.1\n", "no two chips"),
        std::pair("[[faults.link]]\nlevel = \"node\"\nchip = 1\n", "not with this"),
        std::pair("[faults]\nexpert_zipf = 1\n", "not with this"),
        std::pair("[[faults.chip]]\nchip = 8\nspeed = 0.5\n", "there is no chip 8")}) {
    faults_ = faults;
    EXPECT_NE(fault_of_replay().find(words), std::string::npos) << fault_of_replay();
  }
}

TEST_F(TraceRuns, ThePathIsTheStepAndTheJsonHasBoth) {
  give({{compute(1, 100), collective(2, kAllReduce, kMiB, {1}), compute(3, 50, {2})},
        {compute(1, 80), collective(2, kAllReduce, kMiB, {1}), compute(3, 90, {2})}});
  const TraceReport report = replay();
  double sum_s = 0;
  for (const TracePart& part : report.path) sum_s += part.seconds;
  EXPECT_NEAR(sum_s, report.seconds, 1e-15);
  EXPECT_EQ(report.path_nodes, 3);
  EXPECT_EQ(report.path_ranks, 2);
  const std::string json = traces_json(scenario(), report);
  EXPECT_NE(json.find("\"step_s\": "), std::string::npos);
  EXPECT_NE(json.find("\"exposed_s\": "), std::string::npos);
  EXPECT_NE(traces_text(scenario(), report).find("the longest way: 3 nodes"), std::string::npos);
}

}  // namespace
}  // namespace trainyard
