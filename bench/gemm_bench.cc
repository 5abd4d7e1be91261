// SPDX-License-Identifier: Apache-2.0
// A 2048 x 2048 x 2048 bfloat16 kernel through the C++ API against the bare fixed-order product of
// the same numbers on the host; how much of it is reading time; how much slower than the chip.
#include <benchmark/benchmark.h>

#include <bit>
#include <random>

#include "core/neuron_core.h"
#include "core/timeline.h"
#include "kernels.h"
#include "numerics/gemm.h"
#include "stopwatch.h"

namespace trainyard {
namespace {

constexpr std::int32_t kSize = 2048;
constexpr int kPairs = 5;

struct Operands {
  std::vector<std::uint16_t> at = std::vector<std::uint16_t>(kSize * kSize);
  std::vector<std::uint16_t> b = std::vector<std::uint16_t>(kSize * kSize);

  Operands() {
    std::mt19937 random(7);
    // Sign, an exponent near 1 and 7 random fraction bits: numbers of ordinary size.
    const auto number = [&] { return static_cast<std::uint16_t>((random() & 0x80ffu) | 0x3f00u); };
    for (std::uint16_t& word : at) word = number();
    for (std::uint16_t& word : b) word = number();
  }
};

std::vector<float> as_float(const std::vector<std::uint16_t>& words) {
  std::vector<float> out(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    out[i] = std::bit_cast<float>(static_cast<std::uint32_t>(words[i]) << 16);
  }
  return out;
}

struct Measured {
  double execute_s = 0;  // executing and recording
  double time_s = 0;     // reading the time
  double simulated_s = 0;
};

Measured run_kernel(const Machine& machine, Operands& operands, NumericsMode numerics) {
  Measured measured;
  NeuronCore core(machine, {.numerics = numerics});
  Builder build(machine, core, core);
  const std::vector<std::int64_t> shape = {kSize, kSize};
  measured.execute_s = seconds_of([&] {
    const View at =
        build.input(shape, DType::bfloat16, reinterpret_cast<std::byte*>(operands.at.data()));
    const View b =
        build.input(shape, DType::bfloat16, reinterpret_cast<std::byte*>(operands.b.data()));
    gemm_kernel(build, at, b);
  });
  measured.time_s = seconds_of(
      [&] { measured.simulated_s = time_program(build.program(), machine).total.us() * 1e-6; });
  return measured;
}

void gemm(benchmark::State& state) {
  const Machine machine = load_machine("trn3");
  Operands operands;
  const std::vector<float> at = as_float(operands.at);
  const std::vector<float> b = as_float(operands.b);
  std::vector<float> out(static_cast<std::size_t>(kSize) * kSize);
  std::vector<double> over_host;
  std::vector<double> share;
  std::vector<double> exact;
  std::vector<double> fast;
  for (auto _ : state) {
    for (int i = 0; i < kPairs; ++i) {
      const Measured kernel = run_kernel(machine, operands, NumericsMode::exact);
      const double host_s = seconds_of([&] {
        gemm_fixed_order(at.data(), kSize, b.data(), kSize, kSize, kSize, kSize, out.data(), kSize);
      });
      benchmark::DoNotOptimize(out.data());
      const Measured quick = run_kernel(machine, operands, NumericsMode::fast);
      over_host.push_back((kernel.execute_s + kernel.time_s) / host_s);
      share.push_back(kernel.time_s / kernel.execute_s);
      exact.push_back((kernel.execute_s + kernel.time_s) / kernel.simulated_s);
      fast.push_back((quick.execute_s + quick.time_s) / quick.simulated_s);
    }
  }
  state.counters["gemm_over_host"] = median(over_host);
  state.counters["timing_share"] = median(share);
  state.counters["slowdown_exact"] = median(exact);
  state.counters["slowdown_fast"] = median(fast);
}
BENCHMARK(gemm)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace trainyard

BENCHMARK_MAIN();
