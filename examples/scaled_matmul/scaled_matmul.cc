// SPDX-License-Identifier: Apache-2.0
// out = relu(0.125 lhs_t' rhs) in bfloat16 on one NeuronCore, the twin of scaled_matmul.py: both
// record the same Program, so both print the same hash.
//
//   trn3: 8 instructions, 23.5 us, program 55e1ca699dbda580, out[1][0] = 1.5
#include <cinttypes>
#include <cstdio>
#include <vector>

#include "base/fault.h"
#include "core/neuron_core.h"
#include "core/timeline.h"
#include "isa/instructions/activation.h"
#include "isa/instructions/dma_copy.h"
#include "isa/instructions/nc_matmul.h"
#include "machine/search_path.h"
#include "program/hash.h"
#include "program/tile.h"

namespace {

using namespace trainyard;

constexpr std::int64_t kK = 256, kM = 128, kN = 512, kTileK = 128;

View rows(Builder& build, const View& tensor, std::int64_t first, std::int64_t count) {
  const Tile whole(tensor, build.program().tensor(tensor.tensor));
  return whole.slice(0, first, first + count, 1).view();
}

View scaled_matmul(Builder& build, const View& lhs_t, const View& rhs) {
  const View out = build.hbm({kM, kN}, DType::float32, TensorRole::output);
  const View product = build.psum({kM, kN}, DType::float32);
  for (std::int64_t k = 0; k < kK; k += kTileK) {
    const View stationary = build.sbuf({kTileK, kM}, DType::bfloat16);
    const View moving = build.sbuf({kTileK, kN}, DType::bfloat16);
    build(DmaCopy{.dst = stationary, .src = rows(build, lhs_t, k, kTileK)});  // casts to bfloat16
    build(DmaCopy{.dst = moving, .src = rows(build, rhs, k, kTileK)});
    build(NcMatmul{.dst = product, .stationary = stationary, .moving = moving});  // accumulates
  }
  const View result = build.sbuf({kM, kN}, DType::float32);
  build(Activation{
      .dst = result, .op = Function::relu, .data = product, .scale = ScalarOperand::of(0.125)});
  build(DmaCopy{.dst = out, .src = result});
  return out;
}

// Small whole numbers, exact in bfloat16.
std::vector<float> pattern(std::int64_t size, int period) {
  std::vector<float> values(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(static_cast<int>(i) % period - period / 2);
  }
  return values;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    set_machines_directory(MACHINES_DIR);
    const Machine machine = load_machine(argc > 1 ? argv[1] : "trn3");
    std::vector<float> a = pattern(kK * kM, 7);
    std::vector<float> b = pattern(kK * kN, 5);
    NeuronCore core(machine);
    Builder build(machine, core, core);
    const View lhs_t =
        build.input({kK, kM}, DType::float32, reinterpret_cast<std::byte*>(a.data()));
    const View rhs = build.input({kK, kN}, DType::float32, reinterpret_cast<std::byte*>(b.data()));
    const View out = scaled_matmul(build, lhs_t, rhs);
    const Timeline timeline = time_program(build.program(), machine);
    const auto* result = reinterpret_cast<const float*>(core.data(out.tensor));
    std::printf("%s: %zu instructions, %.1f us, program %016" PRIx64 ", out[1][0] = %g\n",
                machine.name.c_str(), build.program().stream.size(), timeline.total.us(),
                program_hash(build.program()), static_cast<double>(result[kN]));
    return 0;
  } catch (const Fault& fault) {
    std::fprintf(stderr, "scaled_matmul: %s\n", fault.what());
    return static_cast<int>(fault.kind());
  }
}
