// SPDX-License-Identifier: Apache-2.0
// Functions made of exponentials: each formula keeps its relative accuracy over the whole axis.
// Factors x are clamped where the other factor is zero in fp32, so that infinities meet no zero.
#include "numerics/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "numerics/math_exponential.cc"
#include "hwy/foreach_target.h"

#include "numerics/math_exp-inl.h"
#include "numerics/math_rows.h"

HWY_BEFORE_NAMESPACE();
namespace trainyard {
namespace HWY_NAMESPACE {

template <class D, class V>
HWY_INLINE V Sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0);
  return hn::Div(one, hn::Add(one, Exp(d, hn::Neg(x))));
}

// Where sigmoid's two terms cancel, the expansion about the zero.
inline constexpr double kSiluDxZero[] = {-1.2784645427610737, -1.0946994183093437e-16};
inline constexpr double kSiluDxNearZero[] = {0.2178117057198001,    0.1466487969969469,
                                             0.018874814223782312,  -0.015222655223188032,
                                             -0.006606589138356696, 0.000126627410081122};

// s (1 + x (1 - s)), s = sigmoid(x)
template <class D, class V>
HWY_INLINE V SiluDx(D d, V x) {
  const V one = hn::Set(d, 1.0);
  const V clamped = Clamp(d, x, -700.0, 700.0);
  const V e = Exp(d, hn::Neg(clamped));
  const V s = hn::Div(one, hn::Add(one, e));
  const V value = hn::Mul(s, Fma(d, clamped, hn::Mul(e, s), one));
  const V distance = hn::Sub(hn::Sub(x, hn::Set(d, kSiluDxZero[0])), hn::Set(d, kSiluDxZero[1]));
  const V near = hn::Mul(distance, Polynomial(d, distance, kSiluDxNearZero));
  return hn::IfThenElse(hn::Lt(hn::Abs(distance), hn::Set(d, 1.0 / 64)), near, value);
}

struct ExpFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return Exp(d, x);
  }
};

struct SigmoidFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return Sigmoid(d, x);
  }
};

struct SiluFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V floor = hn::Set(d, -700.0);
    return hn::Mul(hn::IfThenElse(hn::Lt(x, floor), floor, x), Sigmoid(d, x));
  }
};

struct SiluDxFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return SiluDx(d, x);
  }
};

struct GeluSigmoidFunction {  // x sigmoid(1.702 x)
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V floor = hn::Set(d, -700.0);
    return hn::Mul(hn::IfThenElse(hn::Lt(x, floor), floor, x),
                   Sigmoid(d, hn::Mul(x, hn::Set(d, 1.702))));
  }
};

struct GeluSigmoidDxFunction {  // d/dx of x sigmoid(1.702 x) is silu_dx(1.702 x)
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return SiluDx(d, hn::Mul(x, hn::Set(d, 1.702)));
  }
};

struct GeluTanhFunction {  // x/2 (1 + tanh(y)) = x sigmoid(2 y), y = sqrt(2/pi) (x + 0.044715 x^3)
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V floor = hn::Set(d, -700.0);
    const V cubic = Fma(d, hn::Mul(x, x), hn::Set(d, 0.044715), hn::Set(d, 1.0));
    const V argument = hn::Mul(hn::Mul(x, hn::Set(d, 1.5957691216057308)), cubic);
    return hn::Mul(hn::IfThenElse(hn::Lt(x, floor), floor, x), Sigmoid(d, argument));
  }
};

struct TanhFunction {  // (e^2a - 1) / (e^2a + 1)
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V a = hn::Abs(x);
    const V e = Expm1(d, hn::Add(a, a));
    return hn::CopySign(hn::Div(e, hn::Add(e, hn::Set(d, 2.0))), x);
  }
};

// 2 atanh(s) / s in s^2, s <= 1/3
inline constexpr double kLog1p[] = {2.000000000004866,  0.6666666623792175,  0.4000006142120794,
                                    0.2856814575820109, 0.22305127385582954, 0.1712253666729019,
                                    0.2186056831430696};

struct SoftplusFunction {  // max(x, 0) + log(1 + e^-|x|), log(1 + t) = 2 atanh(t / (2 + t))
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V zero = hn::Zero(d);
    const V t = Exp(d, hn::Neg(hn::Abs(x)));
    const V s = hn::Div(t, hn::Add(t, hn::Set(d, 2.0)));
    const V ramp = hn::IfThenElse(hn::Lt(x, zero), zero, x);
    return Fma(d, s, Polynomial(d, hn::Mul(s, s), kLog1p), ramp);
  }
};

struct MishFunction {  // x tanh(log(1 + e)) = x n / (n + 2), n = e (e + 2), e = e^x
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V two = hn::Set(d, 2.0);
    const V floor = hn::Set(d, -700.0);
    const V e = Exp(d, Clamp(d, x, -700.0, 40.0));
    const V n = hn::Mul(e, hn::Add(e, two));
    return hn::Mul(hn::IfThenElse(hn::Lt(x, floor), floor, x), hn::Div(n, hn::Add(n, two)));
  }
};

void ExponentialRow(Function function, const float* in, std::size_t count, float* out) {
  switch (function) {
    case Function::exp:
      return WideRow(ExpFunction(), in, count, out);
    case Function::sigmoid:
      return WideRow(SigmoidFunction(), in, count, out);
    case Function::silu:
      return WideRow(SiluFunction(), in, count, out);
    case Function::silu_dx:
      return WideRow(SiluDxFunction(), in, count, out);
    case Function::gelu_apprx_sigmoid:
      return WideRow(GeluSigmoidFunction(), in, count, out);
    case Function::gelu_apprx_sigmoid_dx:
      return WideRow(GeluSigmoidDxFunction(), in, count, out);
    case Function::gelu_apprx_tanh:
      return WideRow(GeluTanhFunction(), in, count, out);
    case Function::tanh:
      return WideRow(TanhFunction(), in, count, out);
    case Function::softplus:
      return WideRow(SoftplusFunction(), in, count, out);
    case Function::mish:
      return WideRow(MishFunction(), in, count, out);
    default:
      return;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace trainyard
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainyard {

HWY_EXPORT(ExponentialRow);

void exponential_row(Function function, const float* in, std::size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(ExponentialRow)(function, in, count, out);
}

}  // namespace trainyard
#endif  // HWY_ONCE
