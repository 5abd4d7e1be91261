// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/elementwise.h"

namespace trainyard {
namespace {

struct Span {
  std::int64_t low = 0, high = 0;  // bytes, high exclusive
};

// Bytes of one partition, from its first element.
Span row_span(const Rows& rows) {
  Span span{0, static_cast<std::int64_t>(dtype_bytes(rows.dtype))};
  for (int d = 0; d < rows.rank; ++d) {
    const std::int64_t reach = (rows.count[d] - 1) * rows.step_bytes[d];
    (reach < 0 ? span.low : span.high) += reach;
  }
  return span;
}

Span tile_span(const Rows& rows, Span row) {
  const std::int64_t reach = (rows.partitions - 1) * rows.partition_step_bytes;
  (reach < 0 ? row.low : row.high) += reach;
  return row;
}

bool indirect(const Rows& rows) {
  return rows.row_offset_bytes != nullptr || rows.column_offset_bytes != nullptr;
}

// May a partition of `to` lie over another partition of `from`?
bool crosses_partitions(const Rows& to, const Rows& from) {
  if (indirect(to) || indirect(from)) return true;
  const Span to_row = row_span(to);
  const Span from_row = row_span(from);
  const auto shift = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(to.base) -
                                               reinterpret_cast<std::uintptr_t>(from.base));
  const Span to_tile = tile_span(to, to_row);
  const Span from_tile = tile_span(from, from_row);
  if (shift + to_tile.low >= from_tile.high || from_tile.low >= shift + to_tile.high) return false;
  if (to.partition_step_bytes != from.partition_step_bytes) return true;
  const std::int64_t low = std::min(shift + to_row.low, from_row.low);
  const std::int64_t high = std::max(shift + to_row.high, from_row.high);
  const std::int64_t step = to.partition_step_bytes;
  return high - low > (step < 0 ? -step : step);
}

}  // namespace

RowGroups::RowGroups(const Rows& to, std::initializer_list<const Rows*> sources)
    : partitions_(to.partitions), elements_(to.elements) {
  for (const Rows* from : sources) elements_ = std::max(elements_, from->elements);
  if (partitions_ * elements_ <= kGroupFloats) {
    group_ = std::max(partitions_, 1);
    return;
  }
  group_ = static_cast<std::int32_t>(
      std::max<std::int64_t>(1, kGroupFloats / std::max<std::int64_t>(1, elements_)));
  for (const Rows* from : sources) {
    if (crosses_partitions(to, *from)) group_ = partitions_;
  }
}

LaneValues::LaneValues(CoreState& core, const ScalarOperand& operand, float otherwise) {
  if (operand.kind == ScalarOperand::Kind::tile) {
    const Rows rows = core.access(operand.tile, Touch::read);
    load_rows(rows, 0, rows.partitions, values_.data());
    uniform_ = false;
  } else {
    values_[0] = operand.present() ? static_cast<float>(operand.number) : otherwise;
  }
}

void LaneValues::expand(std::int32_t first, std::int32_t n, std::size_t count, float* out) const {
  const std::size_t elements = count / static_cast<std::size_t>(n);
  if (elements == 1 && !uniform_) {
    std::copy_n(values_.data() + first, n, out);
    return;
  }
  for (std::int32_t p = first; p < first + n; ++p) out = std::fill_n(out, elements, (*this)[p]);
}

void lane_alu(CoreState& core, int slot, AluOp op, const LaneValues& values, bool reverse,
              std::int32_t first, std::int32_t n, std::size_t count, float* x) {
  constexpr std::size_t kLongRow = 64;
  if (op == AluOp::bypass && !reverse) return;
  if (values.uniform()) {
    alu_row_scalar(op, x, values[0], reverse, count, x);
    return;
  }
  const std::size_t elements = count / static_cast<std::size_t>(n);
  if (elements >= kLongRow) {
    for (std::int32_t p = 0; p < n; ++p, x += elements) {
      alu_row_scalar(op, x, values[first + p], reverse, elements, x);
    }
    return;
  }
  float* wide = core.scratch(slot, count);
  values.expand(first, n, count, wide);
  alu_row(op, reverse ? wide : x, reverse ? x : wide, count, x);
}

void load_words_for(AluOp op, const Rows& rows, std::int32_t first, std::int32_t n,
                    std::uint32_t* out) {
  load_rows_bits(rows, first, n, out);
  const int bits = static_cast<int>(dtype_bytes(rows.dtype)) * 8;
  if (op != AluOp::arithmetic_right_shift || bits == 32 || !dtype_info(rows.dtype).is_signed) {
    return;
  }
  const std::int64_t count = n * rows.elements;
  const int up = 32 - bits;
  for (std::int64_t i = 0; i < count; ++i) {
    out[i] = static_cast<std::uint32_t>(static_cast<std::int32_t>(out[i] << up) >> up);
  }
}

}  // namespace trainyard
