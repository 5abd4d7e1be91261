// SPDX-License-Identifier: Apache-2.0
// Host time of one small instruction: traced (checked, recorded, executed) and replayed.
#include <benchmark/benchmark.h>

#include "core/replay.h"
#include "isa/instructions/tensor_copy.h"
#include "isa/instructions/tensor_tensor.h"

namespace trainyard {
namespace {

constexpr int kInstructions = 20'000;

void trace(Builder& build, const View& a, const View& b, const View& c) {
  for (int i = 0; i < kInstructions; i += 2) {
    build(TensorTensor{.dst = c, .data1 = a, .data2 = b, .op = AluOp::add}, Engine::vector);
    build(TensorCopy{.dst = a, .src = c}, Engine::vector);
  }
}

void BM_Trace(benchmark::State& state) {
  const Machine machine = load_machine("trn3");
  for (auto _ : state) {
    NeuronCore core(machine);
    Builder build(machine, core, core);
    const std::vector<std::int64_t> shape = {128, 1};
    const View a = build.sbuf(shape, DType::float32);
    const View b = build.sbuf(shape, DType::float32);
    const View c = build.sbuf(shape, DType::float32);
    trace(build, a, b, c);
    benchmark::DoNotOptimize(build.program().stream.size());
  }
  state.SetItemsProcessed(state.iterations() * kInstructions);
}
BENCHMARK(BM_Trace)->Unit(benchmark::kMillisecond);

void BM_Replay(benchmark::State& state) {
  const Machine machine = load_machine("trn3");
  NeuronCore core(machine);
  Builder build(machine, core, core);
  const std::vector<std::int64_t> shape = {128, 1};
  const View a = build.sbuf(shape, DType::float32);
  const View b = build.sbuf(shape, DType::float32);
  const View c = build.sbuf(shape, DType::float32);
  trace(build, a, b, c);
  Replay replay(build.program(), core);
  for (auto _ : state) replay.run();
  state.SetItemsProcessed(state.iterations() * kInstructions);
}
BENCHMARK(BM_Replay)->Unit(benchmark::kMillisecond);

void BM_Allocate(benchmark::State& state) {
  const Machine machine = load_machine("trn3");
  NeuronCore core(machine);
  Builder build(machine, core, core);
  const std::vector<std::int64_t> shape = {128, 512};
  for (auto _ : state) build.release(build.psum(shape, DType::float32));
}
BENCHMARK(BM_Allocate);

}  // namespace
}  // namespace trainyard

BENCHMARK_MAIN();
