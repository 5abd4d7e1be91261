// SPDX-License-Identifier: Apache-2.0
// Host time of one small instruction: checked, recorded, executed and timed; and its parts.
#include <benchmark/benchmark.h>

#include "core/replay.h"
#include "core/timeline.h"
#include "isa/instructions/memset.h"
#include "isa/instructions/tensor_copy.h"
#include "isa/instructions/tensor_tensor.h"
#include "kernels.h"
#include "stopwatch.h"

namespace trainyard {
namespace {

constexpr int kInstructions = 20'000;
constexpr int kRuns = 25;

// One element of each partition, as in the reductions of a kernel.
void trace(Builder& build) {
  const std::vector<std::int64_t> shape = {128, 1};
  const View a = build.sbuf(shape, DType::float32);
  const View b = build.sbuf(shape, DType::float32);
  const View c = build.sbuf(shape, DType::float32);
  build(Memset{.dst = a, .value = 1.0});
  build(Memset{.dst = b, .value = 1.0});
  for (int i = 0; i < kInstructions; i += 2) {
    build(TensorTensor{.dst = c, .data1 = a, .data2 = b, .op = AluOp::add}, Engine::vector);
    build(TensorCopy{.dst = a, .src = c}, Engine::vector);
  }
}

void small_instructions(benchmark::State& state) {
  const Machine machine = load_machine("trn3");
  std::vector<double> traced, timed, both, replayed;
  for (auto _ : state) {
    for (int run = 0; run < kRuns; ++run) {
      NeuronCore core(machine);
      Builder build(machine, core, core);
      const double trace_s = seconds_of([&] { trace(build); });
      const double time_s = seconds_of(
          [&] { benchmark::DoNotOptimize(time_program(build.program(), machine).total); });
      Replay replay(build.program(), core);
      traced.push_back(trace_s);
      timed.push_back(time_s);
      both.push_back(trace_s + time_s);
      replayed.push_back(seconds_of([&] { replay.run(); }));
    }
  }
  const auto us = [](std::vector<double> seconds) {
    return median(std::move(seconds)) / kInstructions * 1e6;
  };
  state.counters["us_traced"] = us(traced);
  state.counters["us_timed"] = us(timed);
  state.counters["us_per_instruction"] = us(both);
  state.counters["us_replayed"] = us(replayed);
}
BENCHMARK(small_instructions)->Unit(benchmark::kSecond)->Iterations(1);

void allocate_and_release(benchmark::State& state) {
  const Machine machine = load_machine("trn3");
  NeuronCore core(machine);
  Builder build(machine, core, core);
  const std::vector<std::int64_t> shape = {128, 512};
  for (auto _ : state) build.release(build.psum(shape, DType::float32));
}
BENCHMARK(allocate_and_release);

}  // namespace
}  // namespace trainyard

BENCHMARK_MAIN();
