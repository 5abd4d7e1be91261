// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "isa/instructions/matmul_parts.h"
#include "isa/instructions/refuse.h"

namespace trainyard {

void check_product_shapes(const View& dst, std::int64_t m, std::int64_t n) {
  if (dst.partitions() == m && dst.elements_per_partition() == n) return;
  refuse("dst",
         fmt::format("must have shape ({}, {}), not {}: as many partitions as stationary has "
                     "columns, as many elements as moving has",
                     m, n, shape_text(dst)),
         "slice dst, or the operand that does not fit");
}

void check_psum_dtype(const CheckContext& context, const View& dst) {
  const bool half = context.machine().psum.bf16_accumulate;
  if (dst.dtype == DType::float32 || (half && dst.dtype == DType::bfloat16)) return;
  refuse("dst",
         fmt::format("{} accumulates in {}, not {}", context.machine().name,
                     half ? "float32 or bfloat16" : "float32", dtype_info(dst.dtype).name),
         "allocate dst as float32 in PSUM and convert when copying it out");
}

void check_contraction(const View& stationary, const View& moving) {
  if (stationary.partitions() == moving.partitions()) return;
  refuse("moving",
         fmt::format("stationary and moving must have the same partitions (the contraction): {} "
                     "and {}",
                     stationary.partitions(), moving.partitions()),
         "slice the larger one");
}

void check_moving_size(const CheckContext& context, const View& dst, std::int64_t n) {
  const Machine& machine = context.machine();
  const auto element_bytes = static_cast<std::int64_t>(dtype_bytes(dst.dtype));
  const bool one_bank = machine.generation < Generation::gen4;
  const std::int64_t limit =
      one_bank ? machine.tensor.moving_max : machine.psum.partition_size_bytes() / element_bytes;
  if (n > limit) {
    refuse("moving",
           fmt::format("must have at most {} elements per partition on {}, not {}", limit,
                       machine.name, n),
           fmt::format("split it into tiles of {}", limit));
  }
  if (!one_bank) return;
  // A tensor of several banks starts with one, so the offset inside it tells the bank.
  const std::int64_t bank = machine.psum.bank_size_bytes;
  std::int64_t last = 0;
  for (int d = 1; d < dst.rank; ++d) {
    last += static_cast<std::int64_t>(dst.dims[d].step) * (dst.dims[d].count - 1) * element_bytes;
  }
  if (context.tensor(dst.tensor).partition_bytes > bank &&
      dst.offset_bytes / bank != (dst.offset_bytes + last + element_bytes - 1) / bank) {
    refuse("dst",
           fmt::format("must lie in one PSUM bank of {} bytes per partition: it covers bytes {} to "
                       "{}",
                       bank, dst.offset_bytes, dst.offset_bytes + last + element_bytes - 1),
           "start it at a multiple of the bank");
  }
}

void check_tiling(const CheckContext& context, const IntList& position, const IntList& size,
                  std::int64_t rows, std::int64_t columns, bool column_tiling) {
  const Machine& machine = context.machine();
  const std::int64_t array[2] = {machine.tensor.rows, machine.tensor.columns};
  const std::int64_t used[2] = {rows, columns};
  const char* const names[2] = {"row", "column"};
  std::int64_t tile[2] = {array[0], array[1]};
  if ((position.size == 0) != (size.size == 0)) {
    refuse(position.size == 0 ? "tile_position" : "tile_size",
           "tile_position and tile_size are given together", "give both or neither");
  }
  if (size.size != 0) {
    if (size.size != 2) refuse("tile_size", "must be (row_size, column_size)");
    if (position.size != 2) refuse("tile_position", "must be (start_row, start_column)");
    for (int i = 0; i < 2; ++i) {
      tile[i] = size.values[i];
      const std::int64_t start = position.values[i];
      const bool quarter = machine.generation >= Generation::gen3;
      const bool known = tile[i] == array[i] ||
                         ((i == 0 || column_tiling) &&
                          (tile[i] == array[i] / 2 || (quarter && tile[i] == array[i] / 4)));
      if (!known) {
        refuse("tile_size",
               fmt::format("a {} size of {} is not a tile of the {} x {} array on {}", names[i],
                           tile[i], array[0], array[1], machine.name),
               i == 1 && !column_tiling
                   ? fmt::format("the column size must be {} here", array[1])
                   : fmt::format("use {}, {}{}", array[i], array[i] / 2,
                                 quarter ? fmt::format(" or {}", array[i] / 4) : ""));
      }
      if (start < 0 || start % tile[i] != 0 || start + tile[i] > array[i]) {
        refuse("tile_position",
               fmt::format("start {} {} must be a multiple of the {} size {} below {}", names[i],
                           start, names[i], tile[i], array[i]),
               "0 is always allowed");
      }
    }
  }
  for (int i = 0; i < 2; ++i) {
    if (used[i] <= tile[i]) continue;
    refuse("stationary",
           i == 0 ? fmt::format("must have at most {} partitions, not {}", tile[i], used[i])
                  : fmt::format("must have at most {} elements per partition, not {}", tile[i],
                                used[i]),
           fmt::format("split it into tiles of {}", tile[i]));
  }
}

}  // namespace trainyard
