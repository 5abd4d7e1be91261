// SPDX-License-Identifier: Apache-2.0
// A training step with every chip by itself: Trainium3 UltraServers, a dense model in pipelines of
// 8 stages and tensor groups of 8 ranks, 16 micro-batches (32 operations a chip, each with its own
// noise), two threads.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include <fmt/format.h>

#include "cluster/explicit_step.h"
#include "stopwatch.h"

namespace trainyard {
namespace {

constexpr int kRuns = 3;
constexpr int kMicroBatches = 16;
constexpr unsigned kThreads = 2;

struct Size {
  const char* name;
  std::int64_t chips;
};
constexpr Size kSizes[] = {{"1k", 1008}, {"10k", 10080}, {"100k", 100080}, {"1m", 1000080}};

Scenario scenario_of(std::int64_t chips, int micro_batches) {
  const std::int64_t replicas = chips * 4 / 64;
  return read_scenario(parse_toml(
      fmt::format("[system]\nbase = \"trn3-gen2\"\nchips = {}\n[model]\nlayers = 128\n"
                  "hidden = 16384\nheads = 128\nkv_heads = 8\nffn = 53248\nvocab = 128256\n"
                  "[training]\nsequence = 8192\nglobal_batch = {}\n[plan]\ntensor = 8\n"
                  "pipeline = 8\nzero = 2\nrecompute = \"full\"\n[faults]\njitter = 0.02\n",
                  chips, replicas * micro_batches),
      "bench.toml"));
}

double step_s(const Scenario& scenario, unsigned threads) {
  std::vector<double> seconds;
  for (int run = 0; run < kRuns; ++run) {
    seconds.push_back(seconds_of([&] {
      const FoldedStep step = fold_step(scenario, true);
      benchmark::DoNotOptimize(evaluate_explicit(scenario, step, threads).seconds);
    }));
  }
  return median(seconds);
}

void explicit_step(benchmark::State& state) {
  for (auto _ : state) {
    for (const Size& size : kSizes) {
      const double seconds = step_s(scenario_of(size.chips, kMicroBatches), kThreads);
      const std::string name = size.name;
      state.counters["seconds_" + name] = seconds;
      state.counters["ns_per_chip_" + name] = seconds / static_cast<double>(size.chips) * 1e9;
    }
    state.counters["seconds_1m_64_micro_batches"] =
        step_s(scenario_of(kSizes[3].chips, 4 * kMicroBatches), kThreads);
  }
  state.counters["peak_mb"] = peak_memory_mb();
}
BENCHMARK(explicit_step)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace trainyard

BENCHMARK_MAIN();
