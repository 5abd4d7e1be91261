// SPDX-License-Identifier: Apache-2.0
// The conversions of convert.h on vectors, without branches. Signed lanes, since magnitudes are
// non-negative and some targets compare only signed.
#if defined(TRAINYARD_NUMERICS_ROW_CONVERT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAINYARD_NUMERICS_ROW_CONVERT_INL_H_
#undef TRAINYARD_NUMERICS_ROW_CONVERT_INL_H_
#else
#define TRAINYARD_NUMERICS_ROW_CONVERT_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "numerics/float_format.h"

HWY_BEFORE_NAMESPACE();
namespace trainyard {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// float32 to codes of a floating format, to nearest even.
template <DType kType, class DF, class VF, class DI = hn::RebindToSigned<DF>>
HWY_INLINE hn::Vec<DI> EncodeFloat(DF df, VF x) {
  constexpr FloatFormat kFormat = float_format(kType);
  constexpr int kShift = 23 - kFormat.mantissa_bits;
  const DI di;
  const auto set = [&](std::int64_t value)
                       HWY_ATTR { return hn::Set(di, static_cast<std::int32_t>(value)); };
  const auto bits = hn::BitCast(di, x);
  const auto magnitude = hn::And(bits, set(0x7fffffff));
  const auto sign = hn::And(hn::ShiftRight<31>(bits), set(std::int64_t{1} << (kFormat.bits - 1)));
  const auto odd = hn::And(hn::ShiftRight<kShift>(magnitude), set(1));
  const auto raised = hn::Add(hn::Add(magnitude, set((1 << (kShift - 1)) - 1)), odd);
  auto code = hn::ShiftRight<kShift>(raised);
  if constexpr (kFormat.bias != 127) {
    code = hn::Sub(code, set((127 - kFormat.bias) << kFormat.mantissa_bits));
    // Adding a float whose last place is the denormals' unit makes the hardware round.
    const auto rounder = set((127 + 24 - kFormat.bias - kFormat.mantissa_bits) << 23);
    const auto sum = hn::Add(hn::BitCast(df, magnitude), hn::BitCast(df, rounder));
    const auto denormal = hn::Sub(hn::BitCast(di, sum), rounder);
    const auto is_denormal = hn::Lt(magnitude, set((128 - kFormat.bias) << 23));
    code = hn::IfThenElse(is_denormal, denormal, code);
    code = hn::Min(code, set(kFormat.overflow));
  }
  code = hn::IfThenElse(hn::Gt(magnitude, set(0x7f800000)), set(kFormat.nan), code);
  return hn::Or(code, sign);
}

// Codes of a floating format to float32.
template <DType kType, class DF, class VI>
HWY_INLINE hn::Vec<DF> DecodeFloat(DF df, VI code) {
  constexpr FloatFormat kFormat = float_format(kType);
  const hn::RebindToSigned<DF> di;
  if constexpr (kType == DType::bfloat16) {
    return hn::BitCast(df, hn::ShiftLeft<16>(code));
  } else {
    const auto magnitude =
        hn::And(code, hn::Set(di, static_cast<std::int32_t>((1u << (kFormat.bits - 1)) - 1)));
    const auto sign = hn::ShiftLeft<31>(hn::ShiftRight<kFormat.bits - 1>(code));
    const auto normal = hn::Add(hn::ShiftLeft<23 - kFormat.mantissa_bits>(magnitude),
                                hn::Set(di, (127 - kFormat.bias) << 23));
    const auto unit = hn::Set(di, (128 - kFormat.bias - kFormat.mantissa_bits) << 23);
    const auto denormal =
        hn::BitCast(di, hn::Mul(hn::ConvertTo(df, magnitude), hn::BitCast(df, unit)));
    const auto overflow = hn::Set(di, static_cast<std::int32_t>(kFormat.overflow));
    auto bits = hn::IfThenElse(hn::Lt(magnitude, hn::Set(di, 1 << kFormat.mantissa_bits)), denormal,
                               normal);
    if constexpr (kFormat.has_infinity()) {
      bits = hn::IfThenElse(hn::Eq(magnitude, overflow), hn::Set(di, 0x7f800000), bits);
      bits = hn::IfThenElse(hn::Gt(magnitude, overflow), hn::Set(di, 0x7fc00000), bits);
    } else {
      bits = hn::IfThenElse(hn::Eq(magnitude, overflow), hn::Set(di, 0x7fc00000), bits);
    }
    return hn::BitCast(df, hn::Or(bits, sign));
  }
}

// float32 to an integer within [low, high], both exact in float32 (int32: NearestInt saturates).
template <DType kType, class DF, class VF>
HWY_INLINE hn::Vec<hn::RebindToSigned<DF>> EncodeInteger(DF df, VF x, float low, float high) {
  x = hn::IfThenElseZero(hn::Eq(x, x), x);
  if constexpr (kType == DType::int32) return hn::NearestInt(x);
  return hn::NearestInt(hn::Min(hn::Max(x, hn::Set(df, low)), hn::Set(df, high)));
}

}  // namespace HWY_NAMESPACE
}  // namespace trainyard
HWY_AFTER_NAMESPACE();

#endif  // TRAINYARD_NUMERICS_ROW_CONVERT_INL_H_
