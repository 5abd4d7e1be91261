// SPDX-License-Identifier: Apache-2.0
// exp and expm1 in double, relative error 2^-37: far below a rounding to fp32.
// Polynomials of this room are Chebyshev interpolations made in 60 digits, rounded to double.
#if defined(TRAINYARD_NUMERICS_MATH_EXP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAINYARD_NUMERICS_MATH_EXP_INL_H_
#undef TRAINYARD_NUMERICS_MATH_EXP_INL_H_
#else
#define TRAINYARD_NUMERICS_MATH_EXP_INL_H_
#endif

#include "numerics/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace trainyard {
namespace HWY_NAMESPACE {

// (e^r - 1) / r for |r| <= ln(2)/2
inline constexpr double kExpm1[] = {
    0.9999999999955055,   0.4999999999995507,   0.1666666678638044,     0.041666666786337556,
    0.008333283518768105, 0.001388883909064138, 0.00019907582591325134, 2.4867883453521802e-05};

// 1.5 * 2^52: adding it rounds to an integer, which then stands in the low bits.
inline constexpr double kRounder = 6755399441055744.0;

// e^x = scale + scale * rest, where scale is a power of two; |x| <= 700 or NaN.
template <class D, class V>
HWY_INLINE V ExpParts(D d, V x, V& scale) {
  const hn::RebindToUnsigned<D> du;
  const V rounder = hn::Set(d, kRounder);
  const V biased = Fma(d, x, hn::Set(d, 1.4426950408889634), rounder);
  const V r = Fma(d, hn::Sub(biased, rounder), hn::Set(d, -0.6931471805599453), x);
  const auto exponent = hn::Add(hn::BitCast(du, biased), hn::Set(du, std::uint64_t{1023}));
  scale = hn::BitCast(d, hn::ShiftLeft<52>(exponent));
  return hn::Mul(r, Polynomial(d, r, kExpm1));
}

// e^x with x clamped to [-700, 700], beyond which fp32 has no finite or non-zero result anyway.
template <class D, class V>
HWY_INLINE V Exp(D d, V x) {
  V scale;
  const V rest = ExpParts(d, Clamp(d, x, -700.0, 700.0), scale);
  return Fma(d, scale, rest, scale);
}

// e^x - 1, exact relative to its own size.
template <class D, class V>
HWY_INLINE V Expm1(D d, V x) {
  V scale;
  const V rest = ExpParts(d, Clamp(d, x, -700.0, 700.0), scale);
  return Fma(d, scale, rest, hn::Sub(scale, hn::Set(d, 1.0)));
}

}  // namespace HWY_NAMESPACE
}  // namespace trainyard
HWY_AFTER_NAMESPACE();

#endif  // TRAINYARD_NUMERICS_MATH_EXP_INL_H_
