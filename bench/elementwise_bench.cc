// SPDX-License-Identifier: Apache-2.0
// A tensor_tensor of 128 x 4096 float32, recorded and executed, against the same loop written by
// hand.
#include <benchmark/benchmark.h>

#include "core/replay.h"
#include "isa/instructions/memset.h"
#include "isa/instructions/tensor_tensor.h"
#include "kernels.h"

namespace trainyard {
namespace {

constexpr std::int64_t kColumns = 4096;
constexpr std::size_t kElements = 128 * kColumns;
constexpr int kInstructions = 100;
constexpr int kPairs = 15;

void elementwise(benchmark::State& state) {
  const Machine machine = load_machine("trn3");
  NeuronCore core(machine);
  Builder build(machine, core, core);
  const std::vector<std::int64_t> shape = {128, kColumns};
  const View a = build.sbuf(shape, DType::float32);
  const View b = build.sbuf(shape, DType::float32);
  const View c = build.sbuf(shape, DType::float32);
  build(Memset{.dst = a, .value = 1.5});
  build(Memset{.dst = b, .value = 2.5});
  std::vector<float> x(kElements, 1.5F);
  std::vector<float> y(kElements, 2.5F);
  std::vector<float> z(kElements);
  std::vector<double> over_host;
  for (auto _ : state) {
    for (int pair = 0; pair < kPairs; ++pair) {
      const double ours_s = seconds_of([&] {
        for (int i = 0; i < kInstructions; ++i) {
          build(TensorTensor{.dst = c, .data1 = a, .data2 = b, .op = AluOp::add}, Engine::vector);
        }
      });
      const double host_s = seconds_of([&] {
        for (int i = 0; i < kInstructions; ++i) {
          for (std::size_t j = 0; j < kElements; ++j) z[j] = x[j] + y[j];
          benchmark::DoNotOptimize(z.data());
          benchmark::ClobberMemory();
        }
      });
      over_host.push_back(ours_s / host_s);
    }
  }
  state.counters["elementwise_over_host"] = median(over_host);
}
BENCHMARK(elementwise)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace trainyard

BENCHMARK_MAIN();
