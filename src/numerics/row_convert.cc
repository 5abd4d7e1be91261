// SPDX-License-Identifier: Apache-2.0
#include "numerics/row_convert.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "numerics/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "numerics/row_convert.cc"
#include "hwy/foreach_target.h"

#include "numerics/row_convert-inl.h"

HWY_BEFORE_NAMESPACE();
namespace trainyard {
namespace HWY_NAMESPACE {

// How one format sits in memory and turns into vectors. `Raw` is the storage lane.
template <DType kType, class RawT>
struct FloatCodec {
  using Raw = RawT;

  template <class DF>
  static HWY_INLINE hn::Vec<DF> Load(DF df, const Raw* from) {
    const hn::RebindToSigned<DF> di;
    const auto raw = hn::LoadU(hn::Rebind<Raw, DF>(), from);
    return DecodeFloat<kType>(df, hn::PromoteTo(di, raw));
  }
  template <class DF>
  static HWY_INLINE void Store(DF df, hn::Vec<DF> x, Raw* to) {
    const hn::Rebind<Raw, DF> draw;
    hn::StoreU(hn::DemoteTo(draw, EncodeFloat<kType>(df, x)), draw, to);
  }
};

struct Tfloat32Codec {
  using Raw = std::int32_t;

  template <class DF>
  static HWY_INLINE hn::Vec<DF> Load(DF df, const Raw* from) {
    const auto code = EncodeFloat<DType::tfloat32>(
        df, hn::BitCast(df, hn::LoadU(hn::RebindToSigned<DF>(), from)));
    return hn::BitCast(df, hn::ShiftLeft<kTfloat32Padding>(code));
  }
  template <class DF>
  static HWY_INLINE void Store(DF df, hn::Vec<DF> x, Raw* to) {
    const auto code = EncodeFloat<DType::tfloat32>(df, x);
    hn::StoreU(hn::ShiftLeft<kTfloat32Padding>(code), hn::RebindToSigned<DF>(), to);
  }
};

template <DType kType, class RawT>
struct IntegerCodec {
  using Raw = RawT;

  template <class DF>
  static HWY_INLINE hn::Vec<DF> Load(DF df, const Raw* from) {
    const hn::RebindToSigned<DF> di;
    const auto raw = hn::LoadU(hn::Rebind<Raw, DF>(), from);
    if constexpr (kType == DType::int32) {
      return hn::ConvertTo(df, raw);
    } else if constexpr (kType == DType::bool8) {
      return hn::ConvertTo(df, hn::Min(hn::PromoteTo(di, raw), hn::Set(di, 1)));
    } else {
      return hn::ConvertTo(df, hn::PromoteTo(di, raw));
    }
  }
  template <class DF>
  static HWY_INLINE void Store(DF df, hn::Vec<DF> x, Raw* to) {
    const hn::RebindToSigned<DF> di;
    const hn::Rebind<Raw, DF> draw;
    if constexpr (kType == DType::int32) {
      hn::StoreU(EncodeInteger<kType>(df, x, 0, 0), draw, to);
    } else if constexpr (kType == DType::bool8) {
      const auto one = hn::BitCast(df, hn::Set(di, 1));
      const auto bits = hn::IfThenZeroElse(hn::Eq(x, hn::Zero(df)), one);
      hn::StoreU(hn::DemoteTo(draw, hn::BitCast(di, bits)), draw, to);
    } else {
      constexpr auto kLow = static_cast<float>(hwy::LimitsMin<Raw>());
      constexpr auto kHigh = static_cast<float>(hwy::LimitsMax<Raw>());
      hn::StoreU(hn::DemoteTo(draw, EncodeInteger<kType>(df, x, kLow, kHigh)), draw, to);
    }
  }
};

// The last vector of a long row overlaps the one before; a row shorter than a vector goes through
// a padded one.
template <class Codec>
void LoadDense(const std::byte* src, std::size_t count, float* HWY_RESTRICT out) {
  using Raw = typename Codec::Raw;
  const hn::ScalableTag<float> df;
  const std::size_t lanes = hn::Lanes(df);
  const auto* from = reinterpret_cast<const Raw*>(src);
  if (count < lanes) {
    Raw raw[hn::MaxLanes(df)] = {};
    float values[hn::MaxLanes(df)];
    std::memcpy(raw, src, count * sizeof(Raw));
    hn::StoreU(Codec::Load(df, raw), df, values);
    std::memcpy(out, values, count * sizeof(float));
    return;
  }
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(Codec::Load(df, from + i), df, out + i);
  if (i < count) {
    i = count - lanes;
    hn::StoreU(Codec::Load(df, from + i), df, out + i);
  }
}

template <class Codec>
void StoreDense(const float* HWY_RESTRICT in, std::size_t count, std::byte* dst) {
  using Raw = typename Codec::Raw;
  const hn::ScalableTag<float> df;
  const std::size_t lanes = hn::Lanes(df);
  auto* to = reinterpret_cast<Raw*>(dst);
  if (count < lanes) {
    float values[hn::MaxLanes(df)] = {};
    Raw raw[hn::MaxLanes(df)];
    std::memcpy(values, in, count * sizeof(float));
    Codec::Store(df, hn::LoadU(df, values), raw);
    std::memcpy(dst, raw, count * sizeof(Raw));
    return;
  }
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) Codec::Store(df, hn::LoadU(df, in + i), to + i);
  if (i < count) {
    i = count - lanes;
    Codec::Store(df, hn::LoadU(df, in + i), to + i);
  }
}

constexpr std::size_t kChunk = 256;

template <class Codec>
void Load(const std::byte* src, std::int64_t stride, std::size_t count, float* out) {
  using Raw = typename Codec::Raw;
  if (stride == sizeof(Raw)) return LoadDense<Codec>(src, count, out);
  Raw raw[kChunk];
  for (std::size_t done = 0; done < count; done += kChunk) {
    const std::size_t n = std::min(kChunk, count - done);
    for (std::size_t i = 0; i < n; ++i, src += stride) std::memcpy(raw + i, src, sizeof(Raw));
    LoadDense<Codec>(reinterpret_cast<const std::byte*>(raw), n, out + done);
  }
}

template <class Codec>
void Store(const float* in, std::size_t count, std::byte* dst, std::int64_t stride) {
  using Raw = typename Codec::Raw;
  if (stride == sizeof(Raw)) return StoreDense<Codec>(in, count, dst);
  Raw raw[kChunk];
  for (std::size_t done = 0; done < count; done += kChunk) {
    const std::size_t n = std::min(kChunk, count - done);
    StoreDense<Codec>(in + done, n, reinterpret_cast<std::byte*>(raw));
    for (std::size_t i = 0; i < n; ++i, dst += stride) std::memcpy(dst, raw + i, sizeof(Raw));
  }
}

// Calls visit(Codec()) and returns true, or returns false for a type without vectors.
template <class Visit>
HWY_INLINE bool WithCodec(DType dtype, const Visit& visit) {
  using enum DType;
  switch (dtype) {
    case tfloat32:
      return visit(Tfloat32Codec()), true;
    case bfloat16:
      return visit(FloatCodec<bfloat16, std::uint16_t>()), true;
    case float16:
      return visit(FloatCodec<float16, std::uint16_t>()), true;
    case float8_e4m3:
      return visit(FloatCodec<float8_e4m3, std::uint8_t>()), true;
    case float8_e4m3fn:
      return visit(FloatCodec<float8_e4m3fn, std::uint8_t>()), true;
    case float8_e5m2:
      return visit(FloatCodec<float8_e5m2, std::uint8_t>()), true;
    case float8_e3m4:
      return visit(FloatCodec<float8_e3m4, std::uint8_t>()), true;
    case int8:
      return visit(IntegerCodec<int8, std::int8_t>()), true;
    case int16:
      return visit(IntegerCodec<int16, std::int16_t>()), true;
    case int32:
      return visit(IntegerCodec<int32, std::int32_t>()), true;
    case uint8:
      return visit(IntegerCodec<uint8, std::uint8_t>()), true;
    case uint16:
      return visit(IntegerCodec<uint16, std::uint16_t>()), true;
    case bool8:
      return visit(IntegerCodec<bool8, std::uint8_t>()), true;
    default:
      return false;
  }
}

bool LoadRow(DType dtype, const std::byte* src, std::int64_t stride, std::size_t count,
             float* out) {
  return WithCodec(dtype, [&](auto codec) { Load<decltype(codec)>(src, stride, count, out); });
}

bool StoreRow(DType dtype, const float* in, std::size_t count, std::byte* dst,
              std::int64_t stride) {
  return WithCodec(dtype, [&](auto codec) { Store<decltype(codec)>(in, count, dst, stride); });
}

}  // namespace HWY_NAMESPACE
}  // namespace trainyard
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainyard {

HWY_EXPORT(LoadRow);
HWY_EXPORT(StoreRow);

namespace {

// Storage bits of one element; the host is little-endian, as Trainium is.
std::uint32_t read_bits(const std::byte* src, std::size_t bytes) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, src, bytes);
  return bits;
}

// convert.h's rule without its branches. Adding 2^52 in double rounds to an integer, which then
// stands in the low bits.
std::uint32_t round_to_uint32(float value) {
  double held = value > 0.0f ? static_cast<double>(value) : 0.0;  // NaN: 0
  held = held < 4294967295.0 ? held : 4294967295.0;
  return static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(held + 4503599627370496.0));
}

}  // namespace

void load_row(DType dtype, const std::byte* src, std::int64_t stride_bytes, std::size_t count,
              float* out) {
  if (count == 0) return;
  if (dtype == DType::float32) {
    if (stride_bytes == sizeof(float)) {
      std::memcpy(out, src, count * sizeof(float));
      return;
    }
    for (std::size_t i = 0; i < count; ++i, src += stride_bytes) {
      std::memcpy(out + i, src, sizeof(float));
    }
    return;
  }
  if (HWY_DYNAMIC_DISPATCH(LoadRow)(dtype, src, stride_bytes, count, out)) return;
  const std::size_t bytes = dtype_bytes(dtype);
  if (dtype == DType::uint32) {
    for (std::size_t i = 0; i < count; ++i, src += stride_bytes) {
      out[i] = static_cast<float>(read_bits(src, sizeof(std::uint32_t)));
    }
    return;
  }
  for (std::size_t i = 0; i < count; ++i, src += stride_bytes) {
    out[i] = decode(dtype, read_bits(src, bytes));
  }
}

void store_row(DType dtype, const float* in, std::size_t count, std::byte* dst,
               std::int64_t stride_bytes, Rounding rounding, RandomWords* random) {
  if (count == 0) return;
  if (dtype == DType::float32) {
    if (stride_bytes == sizeof(float)) {
      std::memcpy(dst, in, count * sizeof(float));
      return;
    }
    for (std::size_t i = 0; i < count; ++i, dst += stride_bytes) {
      std::memcpy(dst, in + i, sizeof(float));
    }
    return;
  }
  const bool draws = rounding == Rounding::stochastic && is_floating(dtype);
  if (!draws && HWY_DYNAMIC_DISPATCH(StoreRow)(dtype, in, count, dst, stride_bytes)) return;
  const std::size_t bytes = dtype_bytes(dtype);
  if (dtype == DType::uint32) {
    for (std::size_t i = 0; i < count; ++i, dst += stride_bytes) {
      const std::uint32_t bits = round_to_uint32(in[i]);
      std::memcpy(dst, &bits, sizeof(bits));
    }
    return;
  }
  for (std::size_t i = 0; i < count; ++i, dst += stride_bytes) {
    const std::uint32_t bits = encode(dtype, in[i], rounding, draws ? random->next() : 0);
    std::memcpy(dst, &bits, bytes);
  }
}

}  // namespace trainyard
#endif  // HWY_ONCE
