// SPDX-License-Identifier: Apache-2.0
// Kernels that the HBM holds back.
#include "claims/kernels.h"
#include "isa/instructions/dma_copy.h"
#include "isa/instructions/tensor_copy.h"

namespace trainyard {
namespace {

constexpr std::int64_t kStreamTiles = 8, kTileBytes = 8192, kStreamRepetitions = 16;
// Eight sums of eight steps, of 512 columns: 8 MiB, or somewhat more with scales.
constexpr std::int64_t kSums = 8, kSumSteps = 8, kColumns = 512, kDecodeRepetitions = 8;

}  // namespace

SteadyRun run_stream(const Machine& machine) {
  KernelLoop loop(machine);
  Builder& build = loop.build();
  const std::vector<std::int64_t> shape = {machine.core.partitions, kTileBytes};
  const View from = loop.input(shape, DType::uint8);
  const View to = build.hbm(shape, DType::uint8, TensorRole::output);
  std::vector<View> tiles;
  for (std::int64_t i = 0; i < kStreamTiles; ++i) tiles.push_back(build.sbuf(shape, DType::uint8));
  loop.begin_body();
  for (const View& tile : tiles) {
    build(DmaCopy{.dst = tile, .src = from, .dge_mode = DgeMode::hwdge}, Engine::sync);
    build(DmaCopy{.dst = to, .src = tile, .dge_mode = DgeMode::hwdge}, Engine::scalar);
  }
  return loop.run(kStreamRepetitions);
}

SteadyRun run_decode(const Machine& machine, Format weights) {
  KernelLoop loop(machine);
  Builder& build = loop.build();
  const Format activations = format_info(weights).mx ? Format::mxfp8 : weights;
  const Operand tokens = on_chip_operand(build, activations, kSumSteps, kDecodeTokens);
  fill(build, tokens);
  std::vector<Operand> parts;  // of the layer; one is loaded while the other is multiplied
  for (int i = 0; i < 2; ++i) {
    parts.push_back(on_chip_operand(build, weights, kSums * kSumSteps, kColumns));
  }
  std::vector<View> sums, results;
  for (std::int64_t i = 0; i < kSums; ++i) {
    sums.push_back(build.psum({kDecodeTokens, kColumns}, DType::float32));
    results.push_back(build.sbuf({kDecodeTokens, kColumns}, DType::bfloat16));
  }
  const StoredOperand stored = stored_operand(loop, parts[0]);
  load(loop, parts[0], stored, kSums);
  loop.begin_body();
  for (std::size_t part = 0; part < parts.size(); ++part) {
    load(loop, parts[1 - part], stored, kSums);
    for (std::int64_t i = 0; i < kSums; ++i) {
      const auto sum = static_cast<std::size_t>(i);
      for (std::int64_t step = 0; step < kSumSteps; ++step) {
        multiply(build, sums[sum], tokens, {step, 0, kDecodeTokens}, parts[part],
                 {i * kSumSteps + step, 0, kColumns}, step == 0);
      }
      build(TensorCopy{.dst = results[sum], .src = sums[sum]}, Engine::vector);
    }
  }
  return loop.run(kDecodeRepetitions);
}

}  // namespace trainyard
