// SPDX-License-Identifier: Apache-2.0
// Building blocks of the vector kernels which mean the same bits on every target: a fused
// multiply-add where the hardware has none, a narrowing which overflows to infinity, one NaN.
// The Highway habit: this file is compiled once per target, hence the toggle and not #pragma once.
#if defined(TRAINYARD_NUMERICS_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAINYARD_NUMERICS_SIMD_INL_H_
#undef TRAINYARD_NUMERICS_SIMD_INL_H_
#else
#define TRAINYARD_NUMERICS_SIMD_INL_H_
#endif

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace trainyard {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// a * b + c with one rounding.
template <class D, class V>
HWY_INLINE V Fma(D d, V a, V b, V c) {
#if HWY_NATIVE_FMA
  (void)d;
  return hn::MulAdd(a, b, c);
#else
  using T = hn::TFromD<D>;
  HWY_ALIGN T x[hn::MaxLanes(D())];
  HWY_ALIGN T y[hn::MaxLanes(D())];
  HWY_ALIGN T z[hn::MaxLanes(D())];
  hn::Store(a, d, x);
  hn::Store(b, d, y);
  hn::Store(c, d, z);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) x[i] = std::fma(x[i], y[i], z[i]);
  return hn::Load(d, x);
#endif
}

// c[0] + c[1] x + c[2] x^2 + …, by Horner's rule.
template <class D, class V, std::size_t kCount>
HWY_INLINE V Polynomial(D d, V x, const double (&c)[kCount]) {
  V sum = hn::Set(d, c[kCount - 1]);
  for (std::size_t i = kCount - 1; i-- > 0;) sum = Fma(d, sum, x, hn::Set(d, c[i]));
  return sum;
}

// NaN goes through, on every target.
template <class D, class V>
HWY_INLINE V Clamp(D d, V x, double low, double high) {
  const V lo = hn::Set(d, low);
  const V hi = hn::Set(d, high);
  x = hn::IfThenElse(hn::Lt(x, lo), lo, x);
  return hn::IfThenElse(hn::Lt(hi, x), hi, x);
}

// Hosts disagree on the sign and the payload of the NaN that an operation makes: this is ours.
template <class DF, class VF>
HWY_INLINE VF OneNan(DF df, VF x) {
  const hn::RebindToUnsigned<DF> du;
  const VF nan = hn::BitCast(df, hn::Set(du, 0x7fc00000u));
  return hn::IfThenElse(hn::Eq(x, x), x, nan);
}

// double to float, to nearest even, beyond the largest float to infinity.
template <class D, class V, class DF = hn::Rebind<float, D>>
HWY_INLINE hn::Vec<DF> Narrow(D d, V x) {
  const DF df;
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  // Highway's emulation saturates instead.
  HWY_ALIGN double wide[hn::MaxLanes(D())];
  HWY_ALIGN float narrow[hn::MaxLanes(D())];
  hn::Store(x, d, wide);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) narrow[i] = static_cast<float>(wide[i]);
  return hn::Load(df, narrow);
#else
  (void)d;
  return hn::DemoteTo(df, x);
#endif
}

// out[i] = f(in[i]), f in double and rounded once. `out` may be `in`.
template <class F>
HWY_INLINE void WideRow(const F& f, const float* in, std::size_t count, float* out) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> df;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto x = hn::PromoteTo(d, hn::LoadU(df, in + i));
    hn::StoreU(OneNan(df, Narrow(d, f(d, x))), df, out + i);
  }
  if (i < count) {
    float rest[hn::MaxLanes(d)] = {};
    std::memcpy(rest, in + i, (count - i) * sizeof(float));
    const auto x = hn::PromoteTo(d, hn::LoadU(df, rest));
    hn::StoreU(OneNan(df, Narrow(d, f(d, x))), df, rest);
    std::memcpy(out + i, rest, (count - i) * sizeof(float));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace trainyard
HWY_AFTER_NAMESPACE();

#endif  // TRAINYARD_NUMERICS_SIMD_INL_H_
