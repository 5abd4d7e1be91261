// SPDX-License-Identifier: Apache-2.0
// 1,000 lives of 54 days of a job on 1,000,080 chips, with every kind of failure and of policy:
// about 27 million failures.
#include <benchmark/benchmark.h>

#include <chrono>
#include <filesystem>

#include "base/fault.h"
#include "machine/search_path.h"
#include "reliability/policy.h"

namespace trainyard {
namespace {

ReliabilityProfile default_profile() {
  for (const std::string& directory : machine_directories()) {
    const std::string file = directory + "/reliability/large-clusters.toml";
    if (std::filesystem::exists(file)) return read_reliability(read_document(file));
  }
  throw Fault(FaultKind::usage, "no machines/reliability/large-clusters.toml");
}

void failures_of_1000_runs(benchmark::State& state) {
  ReliabilityPolicy policy;
  policy.disk_minutes = 10;
  policy.memory_minutes = 1;
  policy.validation_minutes = 10;
  policy.elastic = true;
  const JobShape shape = {.chips = 1'000'080,
                          .chips_per_node = 4,
                          .replicas = 1389,
                          .step_s = 12,
                          .checkpoint_bytes = 14e13,
                          .sharded = true};
  const ReliabilityJob job = make_job(default_profile(), policy, shape);
  GoodputReport report;
  double seconds = 0;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    report = simulate_goodput(job, {.runs = 1000, .threads = 2});
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  double failures = 0;
  for (const KindReport& kind : report.kinds) failures += kind.failures * 1000;
  state.counters["seconds"] = seconds;
  state.counters["failures"] = failures;
  state.counters["goodput"] = report.goodput.mean;
}
BENCHMARK(failures_of_1000_runs)->Unit(benchmark::kSecond)->Iterations(1)->UseRealTime();

}  // namespace
}  // namespace trainyard

BENCHMARK_MAIN();
