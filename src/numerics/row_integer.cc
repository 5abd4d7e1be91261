// SPDX-License-Identifier: Apache-2.0
// Rows as exact integers and as raw bits.
#include <cstring>

#include "numerics/row_convert.h"

namespace trainyard {
namespace {

// `use(i, stored)` for every element of the row, `stored` being of type Raw.
template <class Raw, class Use>
void read_each(const std::byte* src, std::int64_t stride_bytes, std::size_t count, const Use& use) {
  for (std::size_t i = 0; i < count; ++i, src += stride_bytes) {
    Raw stored;
    std::memcpy(&stored, src, sizeof(Raw));
    use(i, stored);
  }
}

template <class Raw, class Make>
void write_each(std::byte* dst, std::int64_t stride_bytes, std::size_t count, const Make& make) {
  for (std::size_t i = 0; i < count; ++i, dst += stride_bytes) {
    const Raw stored = make(i);
    std::memcpy(dst, &stored, sizeof(Raw));
  }
}

// Calls visit(Raw{}) with the unsigned type as wide as an element.
template <class Visit>
void with_raw(DType dtype, const Visit& visit) {
  switch (dtype_bytes(dtype)) {
    case 1:
      return visit(std::uint8_t{});
    case 2:
      return visit(std::uint16_t{});
    default:
      return visit(std::uint32_t{});
  }
}

}  // namespace

void load_row_i64(DType dtype, const std::byte* src, std::int64_t stride_bytes, std::size_t count,
                  std::int64_t* out) {
  if (dtype == DType::int32) {
    return read_each<std::int32_t>(src, stride_bytes, count,
                                   [&](std::size_t i, std::int32_t v) { out[i] = v; });
  }
  with_raw(dtype, [&](auto raw) {
    using Raw = decltype(raw);
    read_each<Raw>(src, stride_bytes, count,
                   [&](std::size_t i, Raw bits) { out[i] = decode_integer(dtype, bits); });
  });
}

void store_row_i64(DType dtype, const std::int64_t* in, std::size_t count, std::byte* dst,
                   std::int64_t stride_bytes) {
  with_raw(dtype, [&](auto raw) {
    using Raw = decltype(raw);
    write_each<Raw>(dst, stride_bytes, count,
                    [&](std::size_t i) { return static_cast<Raw>(encode_integer(dtype, in[i])); });
  });
}

void load_bits(DType dtype, const std::byte* src, std::int64_t stride_bytes, std::size_t count,
               std::uint32_t* out) {
  with_raw(dtype, [&](auto raw) {
    using Raw = decltype(raw);
    read_each<Raw>(src, stride_bytes, count, [&](std::size_t i, Raw bits) { out[i] = bits; });
  });
}

void store_bits(DType dtype, const std::uint32_t* in, std::size_t count, std::byte* dst,
                std::int64_t stride_bytes) {
  with_raw(dtype, [&](auto raw) {
    using Raw = decltype(raw);
    write_each<Raw>(dst, stride_bytes, count,
                    [&](std::size_t i) { return static_cast<Raw>(in[i]); });
  });
}

}  // namespace trainyard
