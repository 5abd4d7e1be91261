// SPDX-License-Identifier: Apache-2.0
// Time and memory to time a stream of a million instructions: a tiled matrix product with loads,
// accumulation in PSUM, copies out and stores, on trn3.
#include <benchmark/benchmark.h>

#include "core/timeline.h"
#include "isa/instructions/all.h"
#include "kernels.h"
#include "stopwatch.h"

namespace trainyard {
namespace {

constexpr std::size_t kInstructions = 1'000'000;
constexpr int kRuns = 5;
constexpr std::int32_t kSteps = 8;  // accumulation steps of each tile of the product

void record(HandProgram& hand) {
  const View a = hand.hbm({1024, 1024}, DType::bfloat16, TensorRole::input, "a");
  const View b = hand.hbm({1024, 4096}, DType::bfloat16, TensorRole::input, "b");
  const View out = hand.hbm({1024, 4096}, DType::bfloat16, TensorRole::output, "out");
  for (std::int32_t tile = 0; hand.program.stream.size() < kInstructions; ++tile) {
    const std::int32_t row = tile % 8 * 128;
    const std::int32_t column = tile / 8 % 8 * 512;
    const View sum = hand.psum({128, 512}, DType::float32);
    for (std::int32_t k = 0; k < kSteps; ++k) {
      const View weights = hand.sbuf({128, 128}, DType::bfloat16);
      const View data = hand.sbuf({128, 512}, DType::bfloat16);
      hand.add(DmaCopy{.dst = weights, .src = columns(rows(a, k * 128, 128), row, 128)},
               Engine::dma);
      hand.add(DmaCopy{.dst = data, .src = columns(rows(b, k * 128, 128), column, 512)},
               Engine::dma);
      hand.add(NcMatmul{.dst = sum, .stationary = weights, .moving = data}, Engine::tensor);
    }
    const View result = hand.sbuf({128, 512}, DType::bfloat16);
    hand.add(TensorCopy{.dst = result, .src = sum},
             tile % 2 == 0 ? Engine::vector : Engine::scalar);
    hand.add(DmaCopy{.dst = columns(rows(out, row, 128), column, 512), .src = result}, Engine::dma);
  }
}

void time_a_million_instructions(benchmark::State& state) {
  const Machine machine = load_machine("trn3");
  HandProgram hand;
  record(hand);
  std::vector<double> seconds;
  for (auto _ : state) {
    for (int run = 0; run < kRuns; ++run) {
      seconds.push_back(
          seconds_of([&] { benchmark::DoNotOptimize(time_program(hand.program, machine).total); }));
    }
  }
  state.counters["median_s"] = median(seconds);
  state.counters["peak_mb"] = peak_memory_mb();
  state.counters["instructions"] = static_cast<double>(hand.program.stream.size());
}
BENCHMARK(time_a_million_instructions)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace trainyard

BENCHMARK_MAIN();
