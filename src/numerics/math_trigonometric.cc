// SPDX-License-Identifier: Apache-2.0
// sin, cos, tan, arctan and log: functions which begin with a reduction of their argument.
#include "numerics/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "numerics/math_trigonometric.cc"
#include "hwy/foreach_target.h"

#include "numerics/math_exp-inl.h"
#include "numerics/math_rows.h"

HWY_BEFORE_NAMESPACE();
namespace trainyard {
namespace HWY_NAMESPACE {

// sin(r) / r in r^2, |r| <= pi/2
inline constexpr double kSinHalfTurn[] = {
    0.9999999999999496,    -0.1666666666646655,    0.0083333333203519,   -0.00019841266681876787,
    2.755695280400059e-06, -2.503026387632415e-08, 1.541115620698822e-10};

struct EngineSinFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V rounder = hn::Set(d, kRounder);
    const V pi = hn::Set(d, 3.141592653589793);
    const V a = hn::Abs(x);
    // Inside: sin(x) = ± sin(x - k pi), k in {-1, 0, 1}; pi in two parts.
    const V turns = hn::Sub(Fma(d, x, hn::Set(d, 0.3183098861837907), rounder), rounder);
    V r = Fma(d, turns, hn::Neg(pi), x);
    r = Fma(d, turns, hn::Set(d, -1.2246467991473532e-16), r);
    const V sine = hn::Mul(r, Polynomial(d, hn::Mul(r, r), kSinHalfTurn));
    const V inside = hn::IfThenElse(hn::Eq(turns, hn::Zero(d)), sine, hn::Neg(sine));
    // Outside: -t + t^3 / 6, t = |x| - pi.
    const V t = hn::Sub(a, pi);
    const V cubic = hn::Mul(t, Fma(d, hn::Mul(t, t), hn::Set(d, 1.0 / 6.0), hn::Set(d, -1.0)));
    const V sign = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Neg(cubic), cubic);
    return hn::IfThenElse(hn::Le(a, pi), inside, sign);
  }
};

// sin(r) / r and cos(r) in r^2, |r| <= pi/4
inline constexpr double kSinQuarter[] = {0.9999999999999957,     -0.1666666666661666,
                                         0.008333333323874375,   -0.00019841263296432765,
                                         2.7555271485395277e-06, -2.475652937959251e-08};
inline constexpr double kCosQuarter[] = {1.0,
                                         -0.4999999999999925,
                                         0.04166666666647221,
                                         -0.001388888886997111,
                                         2.4801578535940913e-05,
                                         -2.7555233469269026e-07,
                                         2.063042988376311e-09};

// x = quarter pi/2 + r. With pi/2 in two parts the first product-sum is exact, and r good to
// 2^-57 for |x| up to 2^45; beyond, x becomes NaN: no wrong number.
template <class D, class V>
HWY_INLINE void Quarters(D d, V x, V& sine, V& cosine, hn::Vec<hn::RebindToUnsigned<D>>& quarter) {
  const hn::RebindToUnsigned<D> du;
  const V rounder = hn::Set(d, kRounder);
  const V nan = hn::BitCast(d, hn::Set(du, std::uint64_t{0x7ff8000000000000}));
  x = hn::IfThenElse(hn::Le(hn::Abs(x), hn::Set(d, 0x1p45)), x, nan);
  const V biased = Fma(d, x, hn::Set(d, 0.6366197723675814), rounder);
  quarter = hn::BitCast(du, biased);
  const V turns = hn::Sub(biased, rounder);
  V r = Fma(d, turns, hn::Set(d, -1.5707963267948966), x);
  r = Fma(d, turns, hn::Set(d, -6.123233995736766e-17), r);
  const V squared = hn::Mul(r, r);
  sine = hn::Mul(r, Polynomial(d, squared, kSinQuarter));
  cosine = Polynomial(d, squared, kCosQuarter);
}

struct CosFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const hn::RebindToUnsigned<D> du;
    const auto one = hn::Set(du, std::uint64_t{1});
    V sine, cosine;
    hn::Vec<decltype(du)> quarter;
    Quarters(d, x, sine, cosine, quarter);
    const auto odd = hn::RebindMask(d, hn::Eq(hn::And(quarter, one), one));
    // Negative in the quarters 1 and 2.
    const auto sign =
        hn::ShiftLeft<62>(hn::And(hn::Add(quarter, one), hn::Set(du, std::uint64_t{2})));
    return hn::Xor(hn::IfThenElse(odd, sine, cosine), hn::BitCast(d, sign));
  }
};

struct TanFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const hn::RebindToUnsigned<D> du;
    const auto one = hn::Set(du, std::uint64_t{1});
    V sine, cosine;
    hn::Vec<decltype(du)> quarter;
    Quarters(d, x, sine, cosine, quarter);
    const auto odd = hn::RebindMask(d, hn::Eq(hn::And(quarter, one), one));
    return hn::Div(hn::IfThenElse(odd, hn::Neg(cosine), sine), hn::IfThenElse(odd, sine, cosine));
  }
};

// atan(t) / t in t^2, |t| <= tan(pi/8)
inline constexpr double kArctan[] = {0.9999999999992442,  -0.3333333327688608, 0.19999993049762435,
                                     -0.1428538640718612, 0.11103454236491274, -0.08992528079362637,
                                     0.06974084047595203, -0.03765307369056794};

struct ArctanFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V one = hn::Set(d, 1.0);
    const V a = hn::Abs(x);
    const auto beyond_low = hn::Lt(hn::Set(d, 0.4142135623730950), a);
    const auto beyond_high = hn::Lt(hn::Set(d, 2.414213562373095), a);
    // a, or (a - 1) / (a + 1) and pi/4 more, or -1 / a and pi/2 more
    V above = hn::IfThenElse(beyond_low, hn::Sub(a, one), a);
    V below = hn::IfThenElse(beyond_low, hn::Add(a, one), one);
    V offset = hn::IfThenElse(beyond_low, hn::Set(d, 0.7853981633974483), hn::Zero(d));
    above = hn::IfThenElse(beyond_high, hn::Set(d, -1.0), above);
    below = hn::IfThenElse(beyond_high, a, below);
    offset = hn::IfThenElse(beyond_high, hn::Set(d, 1.5707963267948966), offset);
    const V t = hn::Div(above, below);
    return hn::CopySign(Fma(d, t, Polynomial(d, hn::Mul(t, t), kArctan), offset), x);
  }
};

// 2 atanh(s) / s in s^2, s <= (sqrt 2 - 1) / (sqrt 2 + 1)
inline constexpr double kLog[] = {1.9999999999999472,  0.6666666667958581,  0.39999994889749985,
                                  0.28572166372494656, 0.22174240003765905, 0.19608245305704075};

struct LogFunction {  // x = 2^k m, sqrt(1/2) <= m < sqrt 2; log m = 2 atanh((m - 1) / (m + 1))
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const hn::RebindToSigned<D> di;
    const hn::RebindToUnsigned<D> du;
    const V rounder = hn::Set(d, kRounder);
    const auto bits = hn::BitCast(di, x);
    const auto root_half = hn::Set(di, std::int64_t{0x3fe6a09e667f3bcd});
    const auto exponent = hn::ShiftRight<52>(hn::Sub(bits, root_half));
    const V m = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<52>(exponent)));
    const V k = hn::Sub(hn::BitCast(d, hn::Add(exponent, hn::BitCast(di, rounder))), rounder);
    const V f = hn::Sub(m, hn::Set(d, 1.0));
    const V s = hn::Div(f, hn::Add(f, hn::Set(d, 2.0)));
    const V log_m = hn::Mul(s, Polynomial(d, hn::Mul(s, s), kLog));
    const V value = Fma(d, k, hn::Set(d, 0.6931471805599453), log_m);
    const V infinity = hn::BitCast(d, hn::Set(du, std::uint64_t{0x7ff0000000000000}));
    const V nan = hn::BitCast(d, hn::Set(du, std::uint64_t{0x7ff8000000000000}));
    const V zero = hn::Zero(d);
    const V edge = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(infinity),
                                  hn::IfThenElse(hn::Eq(x, infinity), infinity, nan));
    return hn::IfThenElse(hn::And(hn::Lt(zero, x), hn::Lt(x, infinity)), value, edge);
  }
};

void TrigonometricRow(Function function, const float* in, std::size_t count, float* out) {
  switch (function) {
    case Function::sin:
      return WideRow(EngineSinFunction(), in, count, out);
    case Function::cos:
      return WideRow(CosFunction(), in, count, out);
    case Function::tan:
      return WideRow(TanFunction(), in, count, out);
    case Function::arctan:
      return WideRow(ArctanFunction(), in, count, out);
    case Function::log:
      return WideRow(LogFunction(), in, count, out);
    default:
      return;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace trainyard
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainyard {

HWY_EXPORT(TrigonometricRow);

void trigonometric_row(Function function, const float* in, std::size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(TrigonometricRow)(function, in, count, out);
}

}  // namespace trainyard
#endif  // HWY_ONCE
