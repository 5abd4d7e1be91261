// SPDX-License-Identifier: Apache-2.0
// A replica of an 8-billion-parameter model on two Trn2 chips under continuous batching: chunked
// prompts, batches of up to 256, lengths and arrivals drawn, at four fifths of what it can do.
#include <benchmark/benchmark.h>

#include <vector>

#include "base/document.h"
#include "serving/simulate.h"
#include "stopwatch.h"

namespace trainyard {
namespace {

constexpr int kRuns = 5;
constexpr double kLoad = 0.8;

constexpr const char* kScenario = R"(
[system]
base = "trn2-ultraserver"
chips = 2
[model]
layers = 32
hidden = 4096
heads = 32
kv_heads = 8
ffn = 14336
vocab = 128256
[serving]
max_tokens = 2048
[plan]
tensor = 8
[requests]
count = 200000
input_mean = 500
input_cv = 1
output_mean = 200
output_cv = 1
)";

void continuous_batching(benchmark::State& state) {
  ServingScenario scenario = read_serving(parse_toml(kScenario, "serving_bench"));
  RequestSource offline = scenario.requests;
  offline.count = 20000;
  scenario.requests.per_s = kLoad * serve(scenario, draw_requests(offline)).requests_per_s;
  const std::vector<Request> requests = draw_requests(scenario.requests);
  std::vector<double> seconds;
  ServingReport report;
  for (auto _ : state) {
    for (int run = 0; run < kRuns; ++run) {
      seconds.push_back(seconds_of([&] { report = serve(scenario, requests); }));
    }
  }
  const auto count = static_cast<double>(requests.size());
  state.counters["requests_per_s"] = count / median(seconds);
  state.counters["mean_batch"] = report.mean_batch;
  state.counters["iterations_per_request"] = static_cast<double>(report.iterations) / count;
}
BENCHMARK(continuous_batching)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace trainyard

BENCHMARK_MAIN();
