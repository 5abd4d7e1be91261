// SPDX-License-Identifier: Apache-2.0
// Random graphs against a slow reading of the same rules, and random bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "chakra/trace_fixture.h"
#include "seed.h"

namespace trainyard {
namespace {

using RandomTraces = Traces;

// Kernels and collectives of all ranks in one order, whose seconds can be found rank by rank: a
// kernel when its rank is free and its parents are done, a collective when all ranks' parents are.
TEST_F(RandomTraces, TakeAsLongAsReadOneAfterTheOther) {
  const std::uint64_t seed = test::printed_seed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  constexpr std::size_t kRanks = 4;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::vector<wire::Node>> ranks(kRanks);
    std::vector<std::vector<double>> ends(kRanks);
    std::vector<double> chip_free(kRanks, 0.0);
    double group_free = 0, step = 0;
    for (std::uint64_t id = 0; id < 60; ++id) {
      const bool exchanges = random() % 4 == 0;
      const std::int64_t bytes = static_cast<std::int64_t>(random() % (1 << 22));
      double all_ready = 0;
      for (std::size_t rank = 0; rank < kRanks; ++rank) {
        // A chain, so that kernels are ready in the order of their ids.
        std::vector<std::uint64_t> parents;
        if (id > 0) parents.push_back(id - 1);
        if (id > 1 && random() % 2 == 0) parents.push_back(random() % id);
        double ready = 0;
        for (const std::uint64_t parent : parents) ready = std::max(ready, ends[rank][parent]);
        if (exchanges) {
          ranks[rank].push_back(wire::collective(id, 0, bytes, parents));
          all_ready = std::max(all_ready, ready);
          continue;
        }
        const std::uint64_t micros = random() % 50;
        ranks[rank].push_back(wire::compute(id, micros, parents));
        chip_free[rank] = std::max(chip_free[rank], ready) + static_cast<double>(micros) * 1e-6;
        ends[rank].push_back(chip_free[rank]);
      }
      if (exchanges) {
        group_free = std::max(group_free, all_ready) +
                     cost_s(Collective::all_reduce, kRanks, static_cast<double>(bytes));
        for (auto& of_rank : ends) of_rank.push_back(group_free);
      }
    }
    for (const auto& of_rank : ends) step = std::max(step, of_rank.back());
    // In a file nodes may stand in any order.
    for (auto& rank : ranks) std::shuffle(rank.begin(), rank.end(), random);
    give(ranks);
    EXPECT_NEAR(replay().seconds, step, 1e-12);
  }
}

TEST_F(RandomTraces, BytesThatWereChangedAreReadOrTold) {
  const std::uint64_t seed = test::printed_seed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const std::string good =
      wire::file({wire::compute(1, 5), wire::collective(2, 0, 4096, {1}), wire::compute(3, 5, {2}),
                  wire::send(4, 1, 64, {3}), wire::receive(5, 7, 64, {3})});
  represents_ = 8;
  give({{wire::compute(1, 1)}});
  const TraceScenario asked = scenario();
  int read = 0, told = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    if (random() % 8 == 0) bytes.resize(random() % bytes.size());
    try {
      std::vector<ExecutionTrace> traces;
      traces.push_back(parse_execution_trace(bytes, "t.0.et", 0));
      const TraceGraph graph = link_traces(asked.system, asked.who, std::move(traces), "");
      EXPECT_GE(run_traces(asked, graph, ExchangeLinks::shared).seconds, 0);
      ++read;
    } catch (const Fault& fault) {
      EXPECT_EQ(fault.kind(), FaultKind::usage) << fault.message();
      EXPECT_EQ(fault.message().rfind("t.0.et: ", 0), 0u) << fault.message();
      EXPECT_FALSE(fault.hint().empty()) << fault.message();
      ++told;
    }
  }
  EXPECT_GT(read, 1000);
  EXPECT_GT(told, 1000);
}

}  // namespace
}  // namespace trainyard
