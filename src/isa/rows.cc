// SPDX-License-Identifier: Apache-2.0
// Rows to and from flat arrays. Long dense runs are converted where they lie; short or strided ones
// are packed first, so that a tile of one element per partition takes one conversion, not 128.
#include <algorithm>
#include <cstring>

#include "isa/core_state.h"
#include "numerics/row_convert.h"

namespace trainyard {
namespace {

constexpr std::int64_t kLongRun = 64;  // elements; from here a call per run costs nothing
constexpr std::int64_t kBlock = 2048;  // elements packed at a time

// Calls use(at, step_bytes, count) for evenly spaced runs of partitions [first, first + n) in
// row-major order; a row that its index skips comes as at == nullptr.
template <class Use>
void for_each_run(const Rows& rows, std::int32_t first, std::int32_t n, Use&& use) {
  std::int64_t count[kMaxRank + 1];
  std::int64_t step[kMaxRank + 1];
  int rank = 0;
  const auto add = [&](std::int64_t c, std::int64_t s) {
    if (c == 1) return;
    if (rank > 0 && step[rank - 1] == c * s) {
      count[rank - 1] *= c;
      step[rank - 1] = s;
    } else {
      count[rank] = c;
      step[rank++] = s;
    }
  };
  const bool by_row = rows.row_offset_bytes != nullptr || rows.column_offset_bytes != nullptr;
  if (!by_row) add(n, rows.partition_step_bytes);
  for (int d = 0; d < rows.rank; ++d) add(rows.count[d], rows.step_bytes[d]);
  if (rank == 0) {
    count[0] = 1;
    step[0] = 0;
    rank = 1;
  }
  const int inner = rank - 1;
  std::int64_t index[kMaxRank + 1] = {};
  const std::int32_t end = by_row ? first + n : first + 1;
  for (std::int32_t p = first; p < end; ++p) {
    if (rows.skipped(p)) {
      use(nullptr, 0, rows.elements);
      continue;
    }
    std::byte* at = rows.row(p);
    if (rows.column_offset_bytes != nullptr) {
      const std::int64_t* offset = rows.column_offset_bytes + p / rows.column_group * rows.elements;
      for (std::int64_t i = 0; i < rows.elements; ++i) use(at + offset[i], 0, 1);
      continue;
    }
    for (;;) {
      use(at, step[inner], count[inner]);
      int d = inner - 1;
      for (; d >= 0; --d) {
        at += step[d];
        if (++index[d] < count[d]) break;
        at -= count[d] * step[d];
        index[d] = 0;
      }
      if (d < 0) break;
    }
  }
}

template <class Raw>
void gather(const std::byte* from, std::int64_t step, std::int64_t count, std::byte* to) {
  constexpr auto kSize = static_cast<std::int64_t>(sizeof(Raw));
  if (step == kSize) {
    std::memcpy(to, from, static_cast<std::size_t>(count * kSize));
    return;
  }
  for (std::int64_t i = 0; i < count; ++i) std::memcpy(to + i * kSize, from + i * step, kSize);
}

template <class Raw>
void scatter(const std::byte* from, std::byte* to, std::int64_t step, std::int64_t count) {
  constexpr auto kSize = static_cast<std::int64_t>(sizeof(Raw));
  if (step == kSize) {
    std::memcpy(to, from, static_cast<std::size_t>(count * kSize));
    return;
  }
  for (std::int64_t i = 0; i < count; ++i) std::memcpy(to + i * step, from + i * kSize, kSize);
}

// `convert(at, step_bytes, count, out)` turns stored elements of type Raw into values.
template <class Raw, class Value, class Convert>
void load(const Rows& rows, std::int32_t first, std::int32_t n, Value* out, Convert convert) {
  constexpr auto kSize = static_cast<std::int64_t>(sizeof(Raw));
  alignas(64) std::byte block[kBlock * sizeof(Raw)];
  std::int64_t packed = 0;
  const auto flush = [&] {
    if (packed == 0) return;
    convert(block, kSize, packed, out);
    out += packed;
    packed = 0;
  };
  for_each_run(rows, first, n, [&](const std::byte* at, std::int64_t step, std::int64_t count) {
    if (at == nullptr || (step == kSize && count >= kLongRun)) {
      flush();
      if (at != nullptr) convert(at, step, count, out);
      out += count;
      return;
    }
    while (count > 0) {
      const std::int64_t m = std::min(count, kBlock - packed);
      gather<Raw>(at, step, m, block + packed * kSize);
      at += m * step;
      count -= m;
      packed += m;
      if (packed == kBlock) flush();
    }
  });
  flush();
}

// `convert(in, count, to, step_bytes)` turns values into stored elements of type Raw.
template <class Raw, class Value, class Convert>
void store(const Rows& rows, std::int32_t first, std::int32_t n, const Value* in, Convert convert) {
  constexpr auto kSize = static_cast<std::int64_t>(sizeof(Raw));
  alignas(64) std::byte block[kBlock * sizeof(Raw)];
  std::int64_t left = n * rows.elements;  // values not yet stored
  std::int64_t ready = 0, used = 0;       // elements converted in `block`, and taken from it
  for_each_run(rows, first, n, [&](std::byte* at, std::int64_t step, std::int64_t count) {
    if (at == nullptr || (step == kSize && count >= kLongRun)) {
      ready = used = 0;  // values converted ahead are converted again
      if (at != nullptr) convert(in, count, at, step);
      in += count;
      left -= count;
      return;
    }
    while (count > 0) {
      if (used == ready) {
        ready = std::min(kBlock, left);
        used = 0;
        convert(in, ready, block, kSize);
      }
      const std::int64_t m = std::min(count, ready - used);
      scatter<Raw>(block + used * kSize, at, step, m);
      at += m * step;
      in += m;
      left -= m;
      used += m;
      count -= m;
    }
  });
}

template <class Value, class Convert>
void load_any(const Rows& rows, std::int32_t first, std::int32_t n, Value* out, Convert convert) {
  switch (dtype_bytes(rows.dtype)) {
    case 1:
      return load<std::uint8_t>(rows, first, n, out, convert);
    case 2:
      return load<std::uint16_t>(rows, first, n, out, convert);
    default:
      return load<std::uint32_t>(rows, first, n, out, convert);
  }
}

template <class Value, class Convert>
void store_any(const Rows& rows, std::int32_t first, std::int32_t n, const Value* in,
               Convert convert) {
  switch (dtype_bytes(rows.dtype)) {
    case 1:
      return store<std::uint8_t>(rows, first, n, in, convert);
    case 2:
      return store<std::uint16_t>(rows, first, n, in, convert);
    default:
      return store<std::uint32_t>(rows, first, n, in, convert);
  }
}

// Elements as they are stored, side by side: no conversion.
template <class Raw>
void load_raw(const Rows& rows, std::int32_t first, std::int32_t n, std::byte* out) {
  for_each_run(rows, first, n, [&](const std::byte* at, std::int64_t step, std::int64_t count) {
    if (at != nullptr) gather<Raw>(at, step, count, out);
    out += count * static_cast<std::int64_t>(sizeof(Raw));
  });
}

template <class Raw>
void store_raw(const Rows& rows, std::int32_t first, std::int32_t n, const std::byte* in) {
  for_each_run(rows, first, n, [&](std::byte* at, std::int64_t step, std::int64_t count) {
    if (at != nullptr) scatter<Raw>(in, at, step, count);
    in += count * static_cast<std::int64_t>(sizeof(Raw));
  });
}

}  // namespace

void load_rows(const Rows& rows, std::int32_t first, std::int32_t n, float* out) {
  if (rows.dtype == DType::float32) {
    return load_raw<std::uint32_t>(rows, first, n, reinterpret_cast<std::byte*>(out));
  }
  load_any(rows, first, n, out,
           [&](const std::byte* at, std::int64_t step, std::int64_t count, float* to) {
             load_row(rows.dtype, at, step, static_cast<std::size_t>(count), to);
           });
}

void load_rows_int(const Rows& rows, std::int32_t first, std::int32_t n, std::int64_t* out) {
  load_any(rows, first, n, out,
           [&](const std::byte* at, std::int64_t step, std::int64_t count, std::int64_t* to) {
             load_row_i64(rows.dtype, at, step, static_cast<std::size_t>(count), to);
           });
}

void load_rows_bits(const Rows& rows, std::int32_t first, std::int32_t n, std::uint32_t* out) {
  if (dtype_bytes(rows.dtype) == 4) {
    return load_raw<std::uint32_t>(rows, first, n, reinterpret_cast<std::byte*>(out));
  }
  load_any(rows, first, n, out,
           [&](const std::byte* at, std::int64_t step, std::int64_t count, std::uint32_t* to) {
             load_bits(rows.dtype, at, step, static_cast<std::size_t>(count), to);
           });
}

void store_rows_bits(const Rows& rows, std::int32_t first, std::int32_t n,
                     const std::uint32_t* in) {
  if (dtype_bytes(rows.dtype) == 4) {
    return store_raw<std::uint32_t>(rows, first, n, reinterpret_cast<const std::byte*>(in));
  }
  store_any(rows, first, n, in,
            [&](const std::uint32_t* from, std::int64_t count, std::byte* to, std::int64_t step) {
              store_bits(rows.dtype, from, static_cast<std::size_t>(count), to, step);
            });
}

void load_rows_raw(const Rows& rows, std::int32_t first, std::int32_t n, std::byte* out) {
  switch (dtype_bytes(rows.dtype)) {
    case 1:
      return load_raw<std::uint8_t>(rows, first, n, out);
    case 2:
      return load_raw<std::uint16_t>(rows, first, n, out);
    default:
      return load_raw<std::uint32_t>(rows, first, n, out);
  }
}

void store_rows_raw(const Rows& rows, std::int32_t first, std::int32_t n, const std::byte* in) {
  switch (dtype_bytes(rows.dtype)) {
    case 1:
      return store_raw<std::uint8_t>(rows, first, n, in);
    case 2:
      return store_raw<std::uint16_t>(rows, first, n, in);
    default:
      return store_raw<std::uint32_t>(rows, first, n, in);
  }
}

void store_rows_even(const Rows& rows, std::int32_t first, std::int32_t n, const float* in) {
  if (rows.dtype == DType::float32) {
    return store_raw<std::uint32_t>(rows, first, n, reinterpret_cast<const std::byte*>(in));
  }
  store_any(rows, first, n, in,
            [&](const float* from, std::int64_t count, std::byte* to, std::int64_t step) {
              store_row(rows.dtype, from, static_cast<std::size_t>(count), to, step);
            });
}

void store_rows_even_int(const Rows& rows, std::int32_t first, std::int32_t n,
                         const std::int64_t* in) {
  store_any(rows, first, n, in,
            [&](const std::int64_t* from, std::int64_t count, std::byte* to, std::int64_t step) {
              store_row_i64(rows.dtype, from, static_cast<std::size_t>(count), to, step);
            });
}

}  // namespace trainyard
