// SPDX-License-Identifier: Apache-2.0
// tensor_tensor and activation, recorded and executed, on 128 x 4096 float32 against the same
// loops written by hand and vectorised by the compiler.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>

#include "core/replay.h"
#include "isa/instructions/activation.h"
#include "isa/instructions/memset.h"
#include "isa/instructions/tensor_tensor.h"
#include "kernels.h"
#include "stopwatch.h"

namespace trainyard {
namespace {

constexpr std::int64_t kColumns = 4096;
constexpr std::size_t kElements = 128 * kColumns;
constexpr int kInstructions = 50;
constexpr int kPairs = 15;
constexpr float kScale = 0.5F;
constexpr float kBias = -0.25F;

// Elements per second of `ours` over those of `host`, both run in turn.
template <class Ours, class Host>
double over_host(Ours&& ours, Host&& host) {
  std::vector<double> ratios;
  for (int pair = 0; pair < kPairs; ++pair) {
    const double ours_s = seconds_of([&] {
      for (int i = 0; i < kInstructions; ++i) ours();
    });
    const double host_s = seconds_of([&] {
      for (int i = 0; i < kInstructions; ++i) {
        host();
        benchmark::ClobberMemory();
      }
    });
    ratios.push_back(host_s / ours_s);
  }
  return median(ratios);
}

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
  benchmark::DoNotOptimize(z.data());
  const auto activate = [&](Function function) {
    build(Activation{.dst = c,
                     .op = function,
                     .data = a,
                     .bias = ScalarOperand::of(kBias),
                     .scale = ScalarOperand::of(kScale)});
  };
  double tensor_tensor = 0;
  double relu = 0;
  double exponential = 0;
  for (auto _ : state) {
    tensor_tensor = over_host(
        [&] {
          build(TensorTensor{.dst = c, .data1 = a, .data2 = b, .op = AluOp::add}, Engine::vector);
        },
        [&] {
          for (std::size_t i = 0; i < kElements; ++i) z[i] = x[i] + y[i];
        });
    relu = over_host([&] { activate(Function::relu); },
                     [&] {
                       for (std::size_t i = 0; i < kElements; ++i) {
                         z[i] = std::max(x[i] * kScale + kBias, 0.0F);
                       }
                     });
    exponential = over_host([&] { activate(Function::exp); },
                            [&] {
                              for (std::size_t i = 0; i < kElements; ++i) {
                                z[i] = std::exp(x[i] * kScale + kBias);
                              }
                            });
  }
  state.counters["tensor_tensor_over_host"] = tensor_tensor;
  state.counters["activation_relu_over_host"] = relu;
  state.counters["activation_exp_over_host"] = exponential;
  state.counters["elementwise_over_host"] = std::min({tensor_tensor, relu, exponential});
}
BENCHMARK(elementwise)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace trainyard

BENCHMARK_MAIN();
