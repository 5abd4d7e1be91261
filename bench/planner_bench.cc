// SPDX-License-Identifier: Apache-2.0
// One folded step, and the search for the best plan, of ten trillion parameters with experts on
// Trn3 Gen2 (examples/ten-trillion). The step on 1k to 1M chips differs in data-parallel size only.
// Plans a second are whole steps of plans that fit, evenly taken from all; on one core.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "cluster/step.h"
#include "cluster/step_bound.h"
#include "planner/search.h"
#include "stopwatch.h"

namespace trainyard {
namespace {

constexpr int kRuns = 5;
constexpr std::size_t kPlans = 2000;

SearchSpace ten_trillion() {
  return read_search(read_document(TRAINYARD_SOURCE_DIR "/examples/ten-trillion/plan.toml"));
}

// A plan of so many replicas of 240 chips; 4,167 of them are the 1,000,080 chips.
Scenario step_on(const SearchSpace& space, std::int64_t replicas) {
  Scenario scenario = space.scenario;
  Plan& plan = scenario.plan;
  plan.tensor = 8;
  plan.context = 8;
  plan.pipeline = 15;
  plan.expert = 64;
  plan.zero = 2;
  plan.recompute = Recompute::full;
  plan.data = replicas;
  scenario.chips = plan.ranks() / scenario.system.chip.ranks;
  scenario.training.global_batch = 80 * replicas;
  return scenario;
}

void folded_step(benchmark::State& state) {
  const SearchSpace space = ten_trillion();
  struct Size {
    const char* name;
    std::int64_t replicas;
  };
  for (auto _ : state) {
    for (const Size& size : {Size{"1k", 4}, {"10k", 42}, {"100k", 417}, {"1m", 4167}}) {
      const Scenario scenario = step_on(space, size.replicas);
      std::vector<double> seconds;
      for (int run = 0; run < 20 * kRuns; ++run) {
        seconds.push_back(
            seconds_of([&] { benchmark::DoNotOptimize(evaluate_step(scenario, true)); }));
      }
      const std::string name = size.name;
      state.counters["ms_" + name] = median(seconds) * 1e3;
      state.counters["chips_" + name] = static_cast<double>(scenario.chips);
    }
  }
}
BENCHMARK(folded_step)->Unit(benchmark::kSecond)->Iterations(1);

// All that fit by their bounds.
std::vector<Plan> fitting_plans(const SearchSpace& space) {
  std::vector<Plan> plans;
  Scenario scenario = space.scenario;
  for (const Layout& layout : layouts_of(space)) {
    for (const Piping& piping : pipings_of(space, layout)) {
      for (const Saving& saving : savings_of(space, layout)) {
        scenario.plan = plan_of(layout, piping, saving);
        if (memory_bound(scenario) <= memory_limit_bytes(space)) plans.push_back(scenario.plan);
      }
    }
  }
  return plans;
}

void plans(benchmark::State& state) {
  const SearchSpace space = ten_trillion();
  const std::vector<Plan> all = fitting_plans(space);
  std::vector<double> seconds;
  Scenario scenario = space.scenario;
  for (auto _ : state) {
    for (int run = 0; run < kRuns; ++run) {
      seconds.push_back(seconds_of([&] {
        for (std::size_t i = 0; i < kPlans; ++i) {
          scenario.plan = all[i * all.size() / kPlans];
          benchmark::DoNotOptimize(evaluate_step(scenario, true));
        }
      }));
    }
  }
  state.counters["per_s"] = static_cast<double>(kPlans) / median(seconds);
  state.counters["fitting"] = static_cast<double>(all.size());
}
BENCHMARK(plans)->Unit(benchmark::kSecond)->Iterations(1);

void best_plan(benchmark::State& state) {
  const SearchSpace space = ten_trillion();
  for (auto _ : state) {
    SearchResult result;
    state.counters["seconds"] = seconds_of([&] { result = search_plans(space); });
    state.counters["plans"] = static_cast<double>(result.counts.plans);
    state.counters["evaluated"] = static_cast<double>(result.counts.evaluated);
  }
}
BENCHMARK(best_plan)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace trainyard

BENCHMARK_MAIN();
