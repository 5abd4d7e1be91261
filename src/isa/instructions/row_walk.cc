// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/row_walk.h"

#include <cstring>

#include "numerics/row_convert.h"

namespace trainyard {

RowWalk::RowWalk(const Rows& rows, std::int32_t first, std::int32_t end)
    : rows_(rows), row_(first), end_(end), by_row_(rows.row_offset_bytes != nullptr) {
  const auto add = [this](std::int64_t count, std::int64_t step) {
    if (count == 1) return;
    if (rank_ > 0 && step_[rank_ - 1] == count * step) {
      count_[rank_ - 1] *= count;
      step_[rank_ - 1] = step;
    } else {
      count_[rank_] = count;
      step_[rank_++] = step;
    }
  };
  if (!by_row_) add(end - first, rows.partition_step_bytes);
  for (int d = 0; d < rows.rank; ++d) add(rows.count[d], rows.step_bytes[d]);
  if (rank_ == 0) {
    count_[0] = 1;
    rank_ = 1;
  }
  done_ = first >= end || rows.elements == 0;
  if (!done_) enter_row();
}

void RowWalk::enter_row() {
  at_ = by_row_ && rows_.skipped(row_) ? nullptr : rows_.row(row_);
}

bool RowWalk::next(Run& run) {
  if (done_) return false;
  run = {at_, count_[rank_ - 1], step_[rank_ - 1]};
  int d = rank_ - 2;
  for (; d >= 0; --d) {
    if (++index_[d] < count_[d]) {
      if (at_ != nullptr) at_ += step_[d];
      break;
    }
    index_[d] = 0;
    if (at_ != nullptr) at_ -= (count_[d] - 1) * step_[d];
  }
  if (d < 0) {
    if (by_row_ && ++row_ < end_) {
      enter_row();
    } else {
      done_ = true;
    }
  }
  return true;
}

bool skips_rows(const Rows& rows) {
  for (std::int32_t p = 0; p < rows.partitions; ++p) {
    if (rows.skipped(p)) return true;
  }
  return false;
}

namespace {

template <std::size_t kBytes>
void copy_spaced(std::byte* to, std::int64_t to_step, const std::byte* from, std::int64_t from_step,
                 std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    std::memcpy(to, from, kBytes);
    to += to_step;
    from += from_step;
  }
}

void move_bits(const Rows& dst, const Rows& src, std::int64_t bytes) {
  walk_both(RowWalk(dst), RowWalk(src),
            [bytes](std::byte* to, std::int64_t to_step, const std::byte* from,
                    std::int64_t from_step, std::int64_t count) {
              if (count == 1 || (to_step == bytes && from_step == bytes)) {
                std::memmove(to, from, static_cast<std::size_t>(count * bytes));
              } else if (bytes == 4) {
                copy_spaced<4>(to, to_step, from, from_step, count);
              } else if (bytes == 2) {
                copy_spaced<2>(to, to_step, from, from_step, count);
              } else {
                copy_spaced<1>(to, to_step, from, from_step, count);
              }
            });
}

}  // namespace

void dma_load(const Rows& rows, std::int32_t first, std::int32_t end, float* out) {
  RowWalk walk(rows, first, end);
  RowWalk::Run run;
  for (; walk.next(run); out += run.count) {
    if (run.at == nullptr) continue;
    load_row(rows.dtype, run.at, run.step_bytes, static_cast<std::size_t>(run.count), out);
  }
}

void dma_store(const Rows& rows, std::int32_t first, std::int32_t end, const float* in) {
  RowWalk walk(rows, first, end);
  RowWalk::Run run;
  for (; walk.next(run); in += run.count) {
    if (run.at == nullptr) continue;
    store_row(rows.dtype, in, static_cast<std::size_t>(run.count), run.at, run.step_bytes);
  }
}

void dma_move(const Rows& dst, const Rows& src) {
  if (dst.dtype == src.dtype) {
    move_bits(dst, src, static_cast<std::int64_t>(dtype_bytes(dst.dtype)));
    return;
  }
  walk_both(RowWalk(dst), RowWalk(src),
            [&](std::byte* to, std::int64_t to_step, const std::byte* from, std::int64_t from_step,
                std::int64_t count) {
              constexpr std::int64_t kBlock = 1024;
              float block[kBlock];
              for (std::int64_t done = 0; done < count; done += kBlock) {
                const auto n = static_cast<std::size_t>(std::min(kBlock, count - done));
                load_row(src.dtype, from + done * from_step, from_step, n, block);
                store_row(dst.dtype, block, n, to + done * to_step, to_step);
              }
            });
}

}  // namespace trainyard
