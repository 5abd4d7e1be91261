// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/matmul_parts.h"

#include <algorithm>
#include <bit>

#include "numerics/convert.h"

namespace trainyard {
namespace {

constexpr std::uint32_t kNan = 0x7fc00000;  // the one NaN of numerics/gemm.h

// Blocks of one cache line of 32-bit elements.
constexpr std::size_t kBlock = 16;

// out (columns x rows) = in (rows x columns) transposed; pitches in elements.
template <class T>
void transpose(const T* in, std::size_t in_pitch, std::size_t rows, std::size_t columns, T* out,
               std::size_t out_pitch) {
  for (std::size_t r0 = 0; r0 < rows; r0 += kBlock) {
    const std::size_t r1 = std::min(rows, r0 + kBlock);
    for (std::size_t c = 0; c < columns; ++c) {
      for (std::size_t r = r0; r < r1; ++r) out[c * out_pitch + r] = in[r * in_pitch + c];
    }
  }
}

template <class T>
bool transpose_rows(const Rows& dst, const Rows& src) {
  if (!lies_as<T>(dst) || !lies_as<T>(src)) return false;
  transpose(reinterpret_cast<const T*>(src.base),
            static_cast<std::size_t>(src.partition_step_bytes) / sizeof(T),
            static_cast<std::size_t>(src.partitions), static_cast<std::size_t>(src.elements),
            reinterpret_cast<T*>(dst.base),
            static_cast<std::size_t>(dst.partition_step_bytes) / sizeof(T));
  return true;
}

// From memory to memory, where both sides are dense.
bool transposed_directly(const Rows& dst, const Rows& src) {
  switch (dtype_bytes(src.dtype)) {
    case 1:
      return transpose_rows<std::uint8_t>(dst, src);
    case 2:
      return transpose_rows<std::uint16_t>(dst, src);
    default:
      return transpose_rows<std::uint32_t>(dst, src);
  }
}

bool selects_all_in_order(const std::int32_t* column_of, std::int64_t count,
                          std::int64_t available) {
  if (column_of == nullptr) return true;
  if (count != available) return false;
  for (std::int64_t i = 0; i < count; ++i) {
    if (column_of[i] != i) return false;
  }
  return true;
}

}  // namespace

FloatMatrix float_matrix(CoreState& core, const Rows& rows, int slot) {
  const auto columns = static_cast<std::size_t>(rows.elements);
  if (rows.dtype == DType::float32 && lies_as<float>(rows)) {
    return {reinterpret_cast<const float*>(rows.base),
            static_cast<std::size_t>(rows.partition_step_bytes) / sizeof(float)};
  }
  float* to = core.scratch(slot, columns * static_cast<std::size_t>(rows.partitions));
  load_rows(rows, 0, rows.partitions, to);
  return {to, columns};
}

ProductSink::ProductSink(CoreState& core, const View& dst, Accumulate accumulate) : core_(core) {
  written_ = accumulate == Accumulate::overwrite ? CoreState::Written::none
             : accumulate == Accumulate::add     ? CoreState::Written::all
                                                 : core.written(dst);
  if (written_ == CoreState::Written::some) {
    const std::int64_t per_partition = dst.elements_per_partition();
    written_elements_.reserve(static_cast<std::size_t>(dst.elements()));
    for (std::int32_t p = 0; p < dst.partitions(); ++p) {
      for (std::int64_t i = 0; i < per_partition; ++i) {
        written_elements_.push_back(core.element_written(dst, p, i));
      }
    }
  }
  const bool adds = written_ == CoreState::Written::all;
  rows_ = core.access(dst, adds ? Touch::read_write : Touch::write);
  direct_ = rows_.dtype == DType::float32 && written_ != CoreState::Written::some &&
            lies_as<float>(rows_);
  if (direct_) {
    out_ = reinterpret_cast<float*>(rows_.base);
    pitch_ = static_cast<std::size_t>(rows_.partition_step_bytes) / sizeof(float);
    mode_ = adds ? GemmMode::accumulate : GemmMode::overwrite;
  } else {
    pitch_ = static_cast<std::size_t>(rows_.elements);
    out_ = core.scratch(kProductSlot, pitch_ * static_cast<std::size_t>(rows_.partitions));
  }
}

void ProductSink::finish() {
  if (direct_) return;
  const auto count = static_cast<std::size_t>(rows_.elements * rows_.partitions);
  if (written_ != CoreState::Written::none) {
    float* old = core_.scratch(kOldSlot, count);
    load_rows(rows_, 0, rows_.partitions, old);
    const bool all = written_ == CoreState::Written::all;
    for (std::size_t i = 0; i < count; ++i) {
      if (!all && !written_elements_[i]) continue;
      const float sum = old[i] + out_[i];
      out_[i] = sum == sum ? sum : std::bit_cast<float>(kNan);
    }
  }
  core_.store_rows(rows_, 0, rows_.partitions, out_);
}

void store_transposed(CoreState& core, const Rows& dst, const Rows& src,
                      const std::int32_t* column_of, bool apart) {
  if (selects_all_in_order(column_of, dst.elements, src.partitions)) column_of = nullptr;
  if (apart && column_of == nullptr && dst.dtype == src.dtype && transposed_directly(dst, src)) {
    return;
  }
  const auto rows = static_cast<std::size_t>(src.partitions);
  const auto columns = static_cast<std::size_t>(src.elements);
  const bool as_bits = dst.dtype == src.dtype;
  float* in = core.scratch(0, rows * columns);
  float* out = core.scratch(2, rows * columns);
  auto* in_bits = reinterpret_cast<std::uint32_t*>(in);
  auto* out_bits = reinterpret_cast<std::uint32_t*>(out);
  if (as_bits) {
    load_rows_bits(src, 0, src.partitions, in_bits);
  } else {
    load_rows(src, 0, src.partitions, in);
  }
  transpose(in_bits, columns, rows, columns, out_bits, rows);
  if (column_of != nullptr) {
    const auto width = static_cast<std::size_t>(dst.elements);
    auto* picked = reinterpret_cast<std::uint32_t*>(core.scratch(3, columns * width));
    for (std::size_t m = 0; m < columns; ++m) {
      for (std::size_t n = 0; n < width; ++n) {
        picked[m * width + n] =
            column_of[n] < 0 ? 0 : out_bits[m * rows + static_cast<std::size_t>(column_of[n])];
      }
    }
    out_bits = picked;
    out = reinterpret_cast<float*>(picked);
  }
  if (as_bits) {
    store_rows_bits(dst, 0, dst.partitions, out_bits);
  } else {
    core.store_rows(dst, 0, dst.partitions, out);
  }
}

std::uint16_t array_tile(const Machine& machine, const IntList& position, const IntList& size) {
  if (position.size != 2 || size.size != 2) return kWholeArray;
  const std::int64_t rows = machine.tensor.rows / kArrayBlockRows;
  const std::int64_t columns = machine.tensor.columns / kArrayBlockRows;
  unsigned blocks = 0;
  for (std::int64_t r = 0; r < kArrayBlockRows; ++r) {
    for (std::int64_t c = 0; c < kArrayBlockRows; ++c) {
      const bool inside =
          r * rows >= position.values[0] && r * rows < position.values[0] + size.values[0] &&
          c * columns >= position.values[1] && c * columns < position.values[1] + size.values[1];
      if (inside) blocks |= 1U << static_cast<unsigned>(r * kArrayBlockRows + c);
    }
  }
  return static_cast<std::uint16_t>(blocks);
}

Cost tensor_cost(const Machine& machine, const ArrayWork& work) {
  const TensorEngine& tensor = machine.tensor;
  const auto rows = static_cast<double>(work.rows);
  const auto columns = static_cast<double>(work.columns);
  const double cycles =
      work.cycles_per_row * std::max(std::min(tensor.min_issue_cycles, columns), rows) +
      tensor.start_up_cycles;
  Cost cost;
  cost.passes = work.passes;
  cost.occupancy = Time::from_cycles(cycles * work.passes, tensor.clock_hz);
  cost.latency = cost.occupancy + Time::from_ns(tensor.retire_latency_ns) +
                 Time::from_cycles(tensor.retire_latency_cycles, tensor.clock_hz);
  cost.weight_load =
      Time::from_ns(tensor.weight_load_latency_ns) +
      Time::from_cycles(columns / (work.fp32 ? tensor.weight_load_fp32_columns_per_cycle
                                             : tensor.weight_load_columns_per_cycle),
                        tensor.clock_hz);
  cost.array_feed = Time::from_ns((rows * static_cast<double>(work.row_bytes) +
                                   columns * static_cast<double>(work.column_bytes)) *
                                  1e9 / tensor.array_read_bytes_per_s);
  return cost;
}

}  // namespace trainyard
