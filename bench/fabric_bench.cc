// SPDX-License-Identifier: Apache-2.0
// One step of an all-to-all, a flow from every chip to another, over explicit links: the routes,
// the fair rate of every flow by itself, and the run to its end. Trn3 Gen2 UltraServers under
// leaves and a spine of 16 uplinks each, oversubscribed by 2; every 50th uplink is at half rate,
// so that no two leaves are alike. Last, receivers drawn at random: rates alone, where no two
// flows are alike either.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <string>

#include "fabric/flow_run.h"
#include "fabric/routed_flows.h"
#include "stopwatch.h"

namespace trainyard {
namespace {

constexpr int kRuns = 5;
constexpr double kBytes = 1 << 20;
constexpr std::uint32_t kPlanes = 16;

struct Size {
  const char* name;
  std::int64_t ultraservers, leaves;  // 144 chips in each, and so many in a leaf
};
constexpr Size kSizes[] = {{"1k", 1, 7}, {"10k", 7, 10}, {"100k", 14, 50}, {"1m", 15, 463}};

Topology cluster(const Size& size) {
  const auto level = [](const char* name, LevelKind kind, std::int64_t count, double bytes_per_s) {
    FabricLevel made;
    made.name = name;
    made.kind = kind;
    made.count = count;
    made.bytes_per_s = bytes_per_s;
    made.latency_s = 1e-6;
    return made;
  };
  FabricLevel spine = level("spine", LevelKind::tree, size.leaves, 25e9);
  spine.oversubscription = 2;
  spine.planes = kPlanes;
  Topology made({level("server", LevelKind::switched, 4, 256e9),
                 level("rack", LevelKind::switched, 18, 320e9),
                 level("racks", LevelKind::ring, 2, 128e9),
                 level("leaf", LevelKind::switched, size.ultraservers, 25e9), spine});
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(size.leaves) * kPlanes; i += 50) {
    made.degrade(made.uplink(4, i / kPlanes, i % kPlanes, true), 0.5);
  }
  return made;
}

struct Measured {
  double seconds = 0;
  double flows = 0, events = 0, flows_run = 0;
};

Measured step(const Size& size) {
  Measured measured;
  std::vector<double> seconds;
  for (int run = 0; run < kRuns; ++run) {
    seconds.push_back(seconds_of([&] {
      const Topology topology = cluster(size);
      const std::uint32_t chips = topology.chips();
      std::vector<std::uint32_t> from, to;
      for (std::uint32_t chip = 0; chip < chips; ++chip) {
        from.push_back(chip);
        to.push_back((chip + chips / 3 + 5) % chips);
      }
      const RoutedFlows flows = route_flows(topology, from, to);
      benchmark::DoNotOptimize(max_min_rates(flows.paths, flows.bytes_per_s));
      const std::vector<double> bytes(chips, kBytes);
      const FlowRun result = run_flows(flows.paths, flows.bytes_per_s, bytes);
      measured.flows = chips;
      measured.events = static_cast<double>(result.events);
      measured.flows_run = static_cast<double>(result.flows_run);
    }));
  }
  measured.seconds = median(seconds);
  return measured;
}

void all_to_all_step(benchmark::State& state) {
  for (auto _ : state) {
    for (const Size& size : kSizes) {
      const Measured measured = step(size);
      const std::string name = size.name;
      state.counters["ns_per_flow_" + name] = measured.seconds / measured.flows * 1e9;
      state.counters["seconds_" + name] = measured.seconds;
      state.counters["events_" + name] = measured.events;
      state.counters["flows_run_" + name] = measured.flows_run;
    }
  }
  state.counters["peak_mb"] = peak_memory_mb();
}
BENCHMARK(all_to_all_step)->Unit(benchmark::kSecond)->Iterations(1);

void random_rates(benchmark::State& state) {
  const Topology topology = cluster(kSizes[3]);
  std::mt19937_64 random(1);
  std::vector<std::uint32_t> from, to;
  for (std::uint32_t chip = 0; chip < topology.chips(); ++chip) {
    from.push_back(chip);
    to.push_back(static_cast<std::uint32_t>(random() % topology.chips()));
  }
  std::vector<double> seconds;
  for (auto _ : state) {
    for (int run = 0; run < kRuns; ++run) {
      seconds.push_back(seconds_of([&] {
        const RoutedFlows flows = route_flows(topology, from, to);
        benchmark::DoNotOptimize(max_min_rates(flows.paths, flows.bytes_per_s));
      }));
    }
  }
  state.counters["median_s"] = median(seconds);
}
BENCHMARK(random_rates)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace trainyard

BENCHMARK_MAIN();
