// SPDX-License-Identifier: Apache-2.0
// What nc_matmul, nc_matmul_mx and nc_transpose share: operands as float matrices, products into
// PSUM, transposed stores, tile rules and the Tensor Engine's cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "isa/table.h"
#include "numerics/gemm.h"

namespace trainyard {

// A float matrix somewhere in memory: row k at data + k * pitch.
struct FloatMatrix {
  const float* data;
  std::size_t pitch;
};

// Partition p of `rows` is row p. Dense float32 stays in place; the rest is converted into `slot`.
FloatMatrix float_matrix(CoreState& core, const Rows& rows, int slot);

// Whether each partition holds its elements side by side, at an address of whole T.
template <class T>
bool lies_as(const Rows& rows) {
  const auto size = static_cast<std::int64_t>(sizeof(T));
  return rows.dense() && rows.row_offset_bytes == nullptr && rows.partition_step_bytes >= 0 &&
         rows.partition_step_bytes % size == 0 &&
         reinterpret_cast<std::uintptr_t>(rows.base) % sizeof(T) == 0;
}

// Where a product goes: into PSUM itself if it is float32, else by way of scratch. Built before
// the product is computed, finished after.
class ProductSink {
 public:
  ProductSink(CoreState& core, const View& dst, Accumulate accumulate);

  float* out() { return out_; }
  std::size_t pitch() const { return pitch_; }
  GemmMode mode() const { return mode_; }
  void finish();

 private:
  static constexpr int kProductSlot = 2;
  static constexpr int kOldSlot = 3;

  CoreState& core_;
  Rows rows_;
  CoreState::Written written_;
  std::vector<bool> written_elements_;  // for Written::some
  bool direct_ = false;
  float* out_ = nullptr;
  std::size_t pitch_ = 0;
  GemmMode mode_ = GemmMode::overwrite;
};

// dst[i, j] = bits of src[column_of[j], i]; an entry below 0 gives zeros, null stands for j itself.
// A differing dtype of dst is converted to through float32. `apart`: the two share no bytes.
void store_transposed(CoreState& core, const Rows& dst, const Rows& src,
                      const std::int32_t* column_of, bool apart);

// The shapes of stationary (K, M), moving (K, N) and dst (M, N).
void check_product_shapes(const View& dst, std::int64_t m, std::int64_t n);
void check_psum_dtype(const CheckContext& context, const View& dst);
void check_contraction(const View& stationary, const View& moving);

// How many columns of `moving` one instruction takes; before NeuronCore-v4 one PSUM bank.
void check_moving_size(const CheckContext& context, const View& dst, std::int64_t n);

// tile_position and tile_size, both or neither.
void check_tiling(const CheckContext& context, const IntList& position, const IntList& size,
                  std::int64_t rows, std::int64_t columns, bool column_tiling);

// The blocks of the array that such a tile covers (Cost::array_tile).
std::uint16_t array_tile(const Machine& machine, const IntList& position, const IntList& size);

// What the array does for one instruction: `passes` times, `columns` of the stationary tile are
// loaded and `rows` of the moving tile pass.
struct ArrayWork {
  double cycles_per_row = 1.0;  // of one pass
  std::int64_t rows = 0, columns = 0;
  std::int64_t row_bytes = 0, column_bytes = 0;  // of one partition
  int passes = 1;
  bool fp32 = false;
};
Cost tensor_cost(const Machine& machine, const ArrayWork& work);

}  // namespace trainyard
