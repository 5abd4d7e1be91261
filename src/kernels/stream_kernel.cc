// SPDX-License-Identifier: Apache-2.0
#include "kernels/stream_kernel.h"

#include <array>

#include "isa/instructions/tensor_tensor.h"
#include "kernels/kernel_loop.h"
#include "kernels/operand.h"

namespace trainyard {
namespace {

constexpr std::int64_t kColumns = 4096, kTiles = 4, kRepetitions = 8;

}  // namespace

double stream_bytes_per_s(const Machine& machine) {
  KernelLoop loop(machine);
  Builder& build = loop.build();
  const std::vector<std::int64_t> shape = {machine.core.partitions, kColumns};
  const View from = loop.input(shape, DType::bfloat16);
  const View to = build.hbm(shape, DType::bfloat16, TensorRole::output);
  struct Tile {
    View read, made;
  };
  std::array<Tile, kTiles> tiles;
  for (Tile& tile : tiles) {
    tile.read = build.sbuf(shape, DType::bfloat16);
    tile.made = build.sbuf(shape, DType::bfloat16);
  }
  loop.begin_body();
  for (const Tile& tile : tiles) {
    copy_by_dma(build, tile.read, from, Engine::sync);
    build(TensorTensor{.dst = tile.made, .data1 = tile.read, .data2 = tile.read}, Engine::vector);
    copy_by_dma(build, to, tile.made, Engine::scalar);
  }
  const SteadyRun run = loop.run(kRepetitions);
  return static_cast<double>(run.hbm_bytes) / run.seconds();
}

}  // namespace trainyard
