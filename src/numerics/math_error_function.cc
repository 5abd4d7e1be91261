// SPDX-License-Identifier: Apache-2.0
// erf, the normal distribution behind gelu, and their derivatives.
#include "numerics/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "numerics/math_error_function.cc"
#include "hwy/foreach_target.h"

#include "numerics/math_exp-inl.h"
#include "numerics/math_rows.h"

HWY_BEFORE_NAMESPACE();
namespace trainyard {
namespace HWY_NAMESPACE {

// e^(u^2/2) erfc(u / sqrt 2) / 2 in w = (u - 3) / (u + 3), 0 <= u <= 15
inline constexpr double kNormalTail[] = {
    0.1215139483556108,     -0.20640261201586682,  0.12322495031471797,     -0.04621345709559849,
    0.00613335959775148,    0.0029059075059720664, -0.000990837287735387,   -0.0003455144146169104,
    0.00013154596958963655, 6.826594471202486e-05, -1.2664656174932453e-05, -1.4824622983189477e-05,
    -9.575940309307872e-07, 2.262952179714651e-06, 6.835547048929607e-07};

// The normal distribution's mass above u >= 0; `density` = e^(-u^2/2), exact where u^2 is known
// exactly. Beyond 15 it is zero in fp32.
template <class D, class V>
HWY_INLINE V NormalTail(D d, V u, V density) {
  const V three = hn::Set(d, 3.0);
  const V cap = hn::Set(d, 15.0);
  u = hn::IfThenElse(hn::Lt(cap, u), cap, u);
  const V w = hn::Div(hn::Sub(u, three), hn::Add(u, three));
  return hn::Mul(density, Polynomial(d, w, kNormalTail));
}

// The distribution function itself, with `density` as above.
template <class D, class V>
HWY_INLINE V Normal(D d, V x, V density) {
  const V tail = NormalTail(d, hn::Abs(x), density);
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(hn::Set(d, 1.0), tail));
}

template <class D, class V>
HWY_INLINE V Density(D d, V x) {
  return Exp(d, hn::Mul(hn::Mul(x, x), hn::Set(d, -0.5)));
}

struct GeluFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V floor = hn::Set(d, -100.0);
    return hn::Mul(hn::IfThenElse(hn::Lt(x, floor), floor, x), Normal(d, x, Density(d, x)));
  }
};

// Where the two terms cancel, the expansion about the zero.
inline constexpr double kGeluDxZero[] = {-0.7517915246935645, 1.4956759177009883e-17};
inline constexpr double kGeluDxNearZero[] = {0.4314939923140469,    0.388284982990552,
                                             -0.018199676398671087, -0.1140082332972217,
                                             -0.014771522148244337, 0.019421679838189067};

struct GeluDxFunction {  // Normal(x) + x e^(-x^2/2) / sqrt(2 pi)
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V density = Density(d, x);
    const V slope = hn::Mul(Clamp(d, x, -100.0, 100.0), hn::Set(d, 0.3989422804014327));
    const V value = Fma(d, slope, density, Normal(d, x, density));
    const V distance = hn::Sub(hn::Sub(x, hn::Set(d, kGeluDxZero[0])), hn::Set(d, kGeluDxZero[1]));
    const V near = hn::Mul(distance, Polynomial(d, distance, kGeluDxNearZero));
    return hn::IfThenElse(hn::Lt(hn::Abs(distance), hn::Set(d, 1.0 / 64)), near, value);
  }
};

// erf(x) / x in x^2, |x| <= 1/2
inline constexpr double kErfSmall[] = {
    1.1283791670954115,   -0.37612638899222695,   0.11283791417078554,   -0.02686610953797284,
    0.005223275687173556, -0.0008506764816853653, 0.00010822775559285537};

struct ErfFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V a = hn::Abs(x);
    const V squared = hn::Mul(x, x);
    const V tail =
        NormalTail(d, hn::Mul(a, hn::Set(d, 1.4142135623730951)), Exp(d, hn::Neg(squared)));
    const V large = hn::CopySign(Fma(d, tail, hn::Set(d, -2.0), hn::Set(d, 1.0)), x);
    const V small = hn::Mul(x, Polynomial(d, squared, kErfSmall));
    return hn::IfThenElse(hn::Lt(a, hn::Set(d, 0.5)), small, large);
  }
};

struct ErfDxFunction {  // 2 / sqrt(pi) e^(-x^2)
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return hn::Mul(hn::Set(d, 1.1283791670955126), Exp(d, hn::Neg(hn::Mul(x, x))));
  }
};

void ErrorFunctionRow(Function function, const float* in, std::size_t count, float* out) {
  switch (function) {
    case Function::gelu:
      return WideRow(GeluFunction(), in, count, out);
    case Function::gelu_dx:
      return WideRow(GeluDxFunction(), in, count, out);
    case Function::erf:
      return WideRow(ErfFunction(), in, count, out);
    case Function::erf_dx:
      return WideRow(ErfDxFunction(), in, count, out);
    default:
      return;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace trainyard
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainyard {

HWY_EXPORT(ErrorFunctionRow);

void error_function_row(Function function, const float* in, std::size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(ErrorFunctionRow)(function, in, count, out);
}

}  // namespace trainyard
#endif  // HWY_ONCE
