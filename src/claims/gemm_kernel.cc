// SPDX-License-Identifier: Apache-2.0
#include "claims/kernels.h"
#include "isa/instructions/activation.h"
#include "isa/instructions/dma_copy.h"
#include "isa/instructions/tensor_copy.h"

namespace trainyard {
namespace {

constexpr std::int64_t kRows = 1024, kColumns = 1024, kContraction = 2048;
constexpr std::int64_t kTileRows = 128, kTileColumns = 512, kPsumTiles = 8, kLoads = 4;
constexpr double kLongest = 400e-6;  // seconds of the difference, about

// One of the two blocks that take turns.
struct Block {
  Operand a, b;
  View result;
};

class GemmKernel {
 public:
  GemmKernel(const Machine& machine, Format format) : loop_(machine), format_(format) {
    Builder& build = loop_.build();
    const std::int64_t partitions = machine.core.partitions;
    const std::int64_t steps = kContraction / step_values(format, machine);
    for (Block& block : blocks_) {
      block.a = on_chip_operand(build, format, steps, kRows);
      block.b = on_chip_operand(build, format, steps, kColumns);
      block.result = build.sbuf({partitions, kRows / kTileRows * kColumns}, DType::bfloat16);
    }
    for (View& tile : psum_) tile = build.psum({kTileRows, kTileColumns}, DType::float32);
    stored_a_ = stored_operand(loop_, blocks_[0].a);
    stored_b_ = stored_operand(loop_, blocks_[0].b);
    out_ =
        build.hbm({partitions, kRows / kTileRows * kColumns}, DType::bfloat16, TensorRole::output);
  }

  SteadyRun run() {
    load_block(blocks_[0]);
    loop_.begin_body();
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      load_block(blocks_[1 - i]);
      multiply_block(blocks_[i]);
    }
    const double peak = 2 * loop_.machine().tensor.clock_hz *
                        static_cast<double>(kTileRows * step_values(format_, loop_.machine()));
    const double body_s = 2 * 2.0 * kRows * kColumns * kContraction / peak;
    return loop_.run(static_cast<std::int64_t>(kLongest / body_s) + 1);
  }

 private:
  void load_block(const Block& block) {
    load(loop_, block.a, stored_a_, kLoads);
    load(loop_, block.b, stored_b_, kLoads);
  }

  void multiply_block(const Block& block) {
    Builder& build = loop_.build();
    for (std::int64_t m = 0; m < kRows / kTileRows; ++m) {
      for (std::int64_t n = 0; n < kColumns / kTileColumns; ++n) {
        const View& sum = psum_[tiles_++ % kPsumTiles];
        for (std::int64_t step = 0; step < block.a.steps; ++step) {
          multiply(build, sum, block.a, {step, m * kTileRows, kTileRows}, block.b,
                   {step, n * kTileColumns, kTileColumns}, step == 0);
        }
        evict(columns_of(block.result, m * kColumns + n * kTileColumns, kTileColumns), sum);
      }
      build(DmaCopy{.dst = columns_of(out_, m * kColumns, kColumns),
                    .src = columns_of(block.result, m * kColumns, kColumns),
                    .dge_mode = DgeMode::hwdge},
            Engine::sync);
    }
  }

  // VectorE and ScalarE take turns.
  void evict(const View& dst, const View& sum) {
    if (tiles_ % 2 == 0) {
      loop_.build()(TensorCopy{.dst = dst, .src = sum}, Engine::vector);
    } else {
      loop_.build()(Activation{.dst = dst, .op = Function::copy, .data = sum});
    }
  }

  KernelLoop loop_;
  const Format format_;
  std::array<Block, 2> blocks_;
  std::array<View, kPsumTiles> psum_;
  StoredOperand stored_a_, stored_b_;
  View out_;
  std::size_t tiles_ = 0;
};

}  // namespace

SteadyRun run_gemm(const Machine& machine, Format format) {
  return GemmKernel(machine, format).run();
}

}  // namespace trainyard
