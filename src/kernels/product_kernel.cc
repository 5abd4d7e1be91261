// SPDX-License-Identifier: Apache-2.0
#include "kernels/product_kernel.h"

#include <algorithm>
#include <array>
#include <utility>

#include "isa/instructions/activation.h"
#include "isa/instructions/tensor_copy.h"
#include "isa/instructions/tensor_tensor.h"

namespace trainyard {
namespace {

constexpr std::int64_t kBlockMax = 1024, kPsumTiles = 8;
// Of one column of an operand in one partition: two operands, each twice, and two results fit.
constexpr std::int64_t kChunkColumnBytes = 16;
constexpr std::int64_t kChunksShort = 2, kChunksLong = 4;
constexpr std::int64_t kRepetitions = 2;

std::int64_t parts(std::int64_t whole, std::int64_t most) {
  return (whole + most - 1) / most;
}

// What the array does for all of it, in columns that move.
double padded(std::int64_t rows, std::int64_t columns, const Machine& machine) {
  return static_cast<double>(parts(rows, machine.tensor.columns)) *
         std::max(static_cast<double>(columns), machine.tensor.min_issue_cycles);
}

class ProductKernel {
 public:
  ProductKernel(const ProductShape& shape, const ProductBlocks& blocks, const Machine& machine)
      : loop_(machine),
        blocks_(blocks),
        row_tile_(std::min(machine.tensor.columns, blocks.rows)),
        column_tile_(std::min(machine.tensor.moving_max, blocks.columns)) {
    Builder& build = loop_.build();
    for (std::size_t i = 0; i < a_.size(); ++i) {
      a_[i] = on_chip_operand(build, shape.format, blocks.steps, blocks.rows);
      b_[i] = on_chip_operand(build, shape.format, blocks.steps, blocks.columns);
      const std::vector<std::int64_t> result = {row_tile_, tile_rows() * blocks.columns};
      if (blocks.chunks > 1) sums_[i] = build.sbuf(result, DType::float32);
      results_[i] = build.sbuf(result, DType::bfloat16);
    }
    for (View& tile : psum_) tile = build.psum({row_tile_, column_tile_}, DType::float32);
    stored_a_ = stored_operand(loop_, a_[0]);
    stored_b_ = stored_operand(loop_, b_[0]);
    out_ =
        build.hbm({row_tile_, tile_rows() * blocks.columns}, DType::bfloat16, TensorRole::output);
  }

  // Of one block, in a stream of them.
  double steady_s() {
    load_chunk();
    loop_.begin_body();
    for (int i = 0; i < 2; ++i) block(true);
    return loop_.run(kRepetitions).seconds() / (2.0 * kRepetitions);
  }

  double whole_s() {
    load_chunk();
    for (std::int64_t i = 0; i < blocks_.blocks; ++i) block(i + 1 < blocks_.blocks);
    const Timeline timeline = time_program(loop_.build().program(), loop_.machine());
    return (timeline.total - timeline.spans.front().start).seconds();
  }

 private:
  std::int64_t tile_rows() const { return parts(blocks_.rows, row_tile_); }

  // Takes turns with the one before.
  void load_chunk() {
    const std::size_t turn = loaded_++ % a_.size();
    load(loop_, a_[turn], stored_a_, blocks_.steps);
    load(loop_, b_[turn], stored_b_, blocks_.steps);
  }

  void block(bool another) {
    const std::size_t turn = done_++ % results_.size();
    for (std::int64_t chunk = 0; chunk < blocks_.chunks; ++chunk) {
      if (another || chunk + 1 < blocks_.chunks) load_chunk();
      multiply_chunk(turn, chunk);
    }
  }

  void multiply_chunk(std::size_t turn, std::int64_t chunk) {
    Builder& build = loop_.build();
    const std::size_t operand = multiplied_++ % a_.size();
    const bool last = chunk + 1 == blocks_.chunks;
    for (std::int64_t row = 0; row < blocks_.rows; row += row_tile_) {
      const std::int64_t rows = std::min(row_tile_, blocks_.rows - row);
      const std::int64_t at = row / row_tile_ * blocks_.columns;
      for (std::int64_t column = 0; column < blocks_.columns; column += column_tile_) {
        const std::int64_t columns = std::min(column_tile_, blocks_.columns - column);
        const View sum = part(psum_[tiles_++ % kPsumTiles], rows, 0, columns);
        for (std::int64_t step = 0; step < blocks_.steps; ++step) {
          multiply(build, sum, a_[operand], {step, row, rows}, b_[operand], {step, column, columns},
                   step == 0);
        }
        const View& made = last ? results_[turn] : sums_[turn];
        const View to = part(made, rows, at + column, columns);
        if (chunk == 0) {
          copy(to, sum);
        } else {
          build(
              TensorTensor{
                  .dst = to, .data1 = sum, .data2 = part(sums_[turn], rows, at + column, columns)},
              Engine::vector);
        }
      }
      if (last) store(turn, rows, at);
    }
  }

  void store(std::size_t turn, std::int64_t rows, std::int64_t at) {
    copy_by_dma(loop_.build(), part(out_, rows, at, blocks_.columns),
                part(results_[turn], rows, at, blocks_.columns), Engine::sync);
  }

  // VectorE and ScalarE take turns.
  void copy(const View& to, const View& from) {
    if (tiles_ % 2 == 0) {
      loop_.build()(TensorCopy{.dst = to, .src = from}, Engine::vector);
    } else {
      loop_.build()(Activation{.dst = to, .op = Function::copy, .data = from});
    }
  }

  static View part(View tile, std::int64_t rows, std::int64_t first, std::int64_t columns) {
    tile.dims[0].count = static_cast<std::int32_t>(rows);
    return columns_of(tile, first, columns);
  }

  KernelLoop loop_;
  const ProductBlocks blocks_;
  const std::int64_t row_tile_, column_tile_;
  std::array<Operand, 2> a_, b_;
  std::array<View, 2> sums_, results_;
  std::array<View, kPsumTiles> psum_;
  StoredOperand stored_a_, stored_b_;
  View out_;
  std::size_t tiles_ = 0, loaded_ = 0, multiplied_ = 0, done_ = 0;
};

}  // namespace

ProductBlocks product_blocks(const ProductShape& shape, const Machine& machine) {
  const FormatInfo& format = format_info(shape.format);
  std::int64_t rows = shape.m, columns = shape.n;
  if (padded(columns, rows, machine) < padded(rows, columns, machine)) std::swap(rows, columns);
  const std::int64_t row_blocks = parts(rows, kBlockMax);
  const std::int64_t column_blocks = parts(columns, kBlockMax);
  const std::int64_t steps = parts(shape.k, step_values(shape.format, machine));
  const std::int64_t most =
      kChunkColumnBytes / (static_cast<std::int64_t>(dtype_bytes(format.dtype)) * format.rows);
  ProductBlocks made;
  made.rows = parts(rows, row_blocks);
  made.columns = parts(columns, column_blocks);
  made.blocks = row_blocks * column_blocks;
  made.chunks = parts(steps, most);
  made.steps = parts(steps, made.chunks);
  return made;
}

double product_seconds(const ProductShape& shape, const Machine& machine) {
  const ProductBlocks blocks = product_blocks(shape, machine);
  const auto block_s = [&](std::int64_t chunks) {
    ProductBlocks fewer = blocks;
    fewer.chunks = chunks;
    return ProductKernel(shape, fewer, machine).steady_s();
  };
  const auto count = static_cast<double>(blocks.blocks);
  if (blocks.chunks <= kChunksLong) return count * block_s(blocks.chunks);
  const double short_s = block_s(kChunksShort), long_s = block_s(kChunksLong);
  const double chunk_s = (long_s - short_s) / (kChunksLong - kChunksShort);
  return count * (long_s + chunk_s * static_cast<double>(blocks.chunks - kChunksLong));
}

double whole_product_seconds(const ProductShape& shape, const Machine& machine) {
  return ProductKernel(shape, product_blocks(shape, machine), machine).whole_s();
}

}  // namespace trainyard
