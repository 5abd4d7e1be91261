// SPDX-License-Identifier: Apache-2.0
// Flows against packets, inside one UltraServer: the end of a pattern within 5 %, and on average
// the end of each of its flows.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fabric/flow_run.h"
#include "fabric/messages.h"
#include "fabric/routed_flows.h"
#include "fabric/systems.h"
#include "seed.h"

namespace trainyard {
namespace {

constexpr double kMiB = 1 << 20;

struct Pattern {
  std::vector<std::uint32_t> from, to;
  std::vector<double> bytes;

  void add(std::uint32_t sender, std::uint32_t receiver, double size) {
    if (sender == receiver) return;
    from.push_back(sender);
    to.push_back(receiver);
    bytes.push_back(size);
  }
};

// A mesh of each `size` chips in a row; of all chips it is an all-to-all.
Pattern meshes(std::uint32_t chips, std::uint32_t size, double bytes) {
  Pattern pattern;
  for (std::uint32_t from = 0; from < chips; ++from) {
    for (std::uint32_t to = 0; to < size; ++to) pattern.add(from, from / size * size + to, bytes);
  }
  return pattern;
}

Pattern ring(std::uint32_t chips, double bytes) {
  Pattern pattern;
  for (std::uint32_t from = 0; from < chips; ++from) pattern.add(from, (from + 1) % chips, bytes);
  return pattern;
}

Pattern random_pairs(std::uint32_t chips, std::mt19937_64& random, double bytes) {
  Pattern pattern;
  for (int flow = 0; flow < 400; ++flow) {
    const auto from = static_cast<std::uint32_t>(random() % chips);
    const auto to = static_cast<std::uint32_t>(random() % chips);
    pattern.add(from, to, bytes * static_cast<double>(1 + random() % 8));
  }
  return pattern;
}

Pattern permutation(std::uint32_t chips, std::mt19937_64& random, double bytes) {
  std::vector<std::uint32_t> to(chips);
  std::iota(to.begin(), to.end(), 0U);
  std::shuffle(to.begin(), to.end(), random);
  Pattern pattern;
  for (std::uint32_t from = 0; from < chips; ++from) pattern.add(from, to[from], bytes);
  return pattern;
}

// Relative errors of L2.
struct Errors {
  double last = 0;  // of the end of all
  double mean = 0;  // of the ends of each, without sign
};

Errors errors(const Topology& topology, const Pattern& pattern) {
  const RoutedFlows routed = route_flows(topology, pattern.from, pattern.to);
  std::vector<double> latency_s;
  for (const std::uint32_t link : routed.links) latency_s.push_back(topology.latency_s(link));
  const MessageRun packets =
      run_messages(routed.paths, routed.bytes_per_s, latency_s, pattern.bytes);
  const FlowRun flows = run_flows(routed.paths, routed.bytes_per_s, pattern.bytes);
  Errors found;
  double last_flow = 0, last_packet = 0;
  for (std::size_t flow = 0; flow < pattern.from.size(); ++flow) {
    const double end_s = flows.end_s[flow] + routed.latency_s[flow];
    last_flow = std::max(last_flow, end_s);
    last_packet = std::max(last_packet, packets.end_s[flow]);
    found.mean += std::abs(end_s / packets.end_s[flow] - 1);
  }
  found.mean /= static_cast<double>(pattern.from.size());
  found.last = std::abs(last_flow / last_packet - 1);
  return found;
}

class Referee : public testing::TestWithParam<std::vector<FabricLevel>> {};

TEST_P(Referee, meshes_rings_and_all_to_all_end_when_their_packets_do) {
  const Topology topology(GetParam());
  const std::uint32_t chips = topology.chips();
  EXPECT_LE(errors(topology, meshes(chips, chips, kMiB)).last, 0.05);
  EXPECT_LE(errors(topology, meshes(chips, chips / 8, 4 * kMiB)).last, 0.05);
  EXPECT_LE(errors(topology, ring(chips, 8 * kMiB)).last, 0.05);
}

TEST_P(Referee, random_traffic_ends_when_its_packets_do) {
  const Topology topology(GetParam());
  std::mt19937_64 random(test::printed_seed());
  for (int i = 0; i < 5; ++i) {
    EXPECT_LE(errors(topology, random_pairs(topology.chips(), random, kMiB)).last, 0.05);
    EXPECT_LE(errors(topology, permutation(topology.chips(), random, 8 * kMiB)).last, 0.05);
  }
}

// A flow of few packets feels whose turn came first; one of many does not.
TEST_P(Referee, each_of_many_large_flows_ends_when_its_packets_do) {
  const Topology topology(GetParam());
  std::mt19937_64 random(test::printed_seed());
  EXPECT_LE(errors(topology, random_pairs(topology.chips(), random, 16 * kMiB)).mean, 0.05);
  EXPECT_LE(errors(topology, permutation(topology.chips(), random, 64 * kMiB)).mean, 0.05);
  EXPECT_LE(errors(topology, meshes(topology.chips(), topology.chips() / 8, 64 * kMiB)).mean, 0.05);
}

// A link at a quarter and a failed one: ways around it, and flows that wait for the slow one.
TEST_P(Referee, degraded_and_failed_links_cost_flows_what_they_cost_packets) {
  Topology topology(GetParam());
  std::mt19937_64 random(test::printed_seed());
  for (std::uint32_t link = 0; link < 8; link += 2) topology.degrade(link, 0.25);
  topology.fail(9);
  for (int i = 0; i < 5; ++i) {
    EXPECT_LE(errors(topology, random_pairs(topology.chips(), random, 4 * kMiB)).last, 0.05);
  }
}

INSTANTIATE_TEST_SUITE_P(systems, Referee,
                         testing::Values(test::trn2_server(), test::trn2_ultraserver(),
                                         test::trn3_gen2()));

}  // namespace
}  // namespace trainyard
