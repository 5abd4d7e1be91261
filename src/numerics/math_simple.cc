// SPDX-License-Identifier: Apache-2.0
// Functions that one or two IEEE operations of fp32 give exactly.
#include "numerics/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "numerics/math_simple.cc"
#include "hwy/foreach_target.h"

#include "numerics/math_rows.h"
#include "numerics/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace trainyard {
namespace HWY_NAMESPACE {

template <class F>
HWY_INLINE void FloatRow(const F& f, const float* in, std::size_t count, float* out) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(f(d, hn::LoadU(d, in + i)), d, out + i);
  if (i < count) {
    float rest[hn::MaxLanes(d)] = {};
    std::memcpy(rest, in + i, (count - i) * sizeof(float));
    hn::StoreU(f(d, hn::LoadU(d, rest)), d, rest);
    std::memcpy(out + i, rest, (count - i) * sizeof(float));
  }
}

struct SquareFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return OneNan(d, hn::Mul(x, x));
  }
};

struct ReluFunction {  // NaN stays
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return OneNan(d, hn::IfThenElse(hn::Le(x, hn::Zero(d)), hn::Zero(d), x));
  }
};

struct PreluFunction {
  float slope;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V below = hn::Mul(x, hn::Set(d, slope));
    return OneNan(d, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), below, x));
  }
};

struct SqrtFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return OneNan(d, hn::Sqrt(x));
  }
};

struct RsqrtFunction {  // in double, rounded once
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return hn::Div(hn::Set(d, 1.0), hn::Sqrt(x));
  }
};

struct ReciprocalFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return OneNan(d, hn::Div(hn::Set(d, 1.0f), x));
  }
};

struct SignFunction {  // sign(-0) = 0
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V zero = hn::Zero(d);
    const V negative = hn::IfThenElse(hn::Lt(x, zero), hn::Set(d, -1.0f), OneNan(d, x));
    const V either = hn::IfThenElse(hn::Lt(zero, x), hn::Set(d, 1.0f), negative);
    return hn::IfThenElse(hn::Eq(x, zero), zero, either);
  }
};

struct AbsFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return hn::Abs(x);
  }
};

struct NegativeFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return hn::Neg(x);
  }
};

struct CeilFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return OneNan(d, hn::Ceil(x));
  }
};

struct FloorFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return OneNan(d, hn::Floor(x));
  }
};

struct TruncFunction {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return OneNan(d, hn::Trunc(x));
  }
};

void SimpleRow(Function function, const float* in, std::size_t count, float* out, float param) {
  switch (function) {
    case Function::copy:
      std::memmove(out, in, count * sizeof(float));
      return;
    case Function::square:
      return FloatRow(SquareFunction(), in, count, out);
    case Function::relu:
      return FloatRow(ReluFunction(), in, count, out);
    case Function::prelu:
      return FloatRow(PreluFunction{param}, in, count, out);
    case Function::sqrt:
      return FloatRow(SqrtFunction(), in, count, out);
    case Function::rsqrt:
      return WideRow(RsqrtFunction(), in, count, out);
    case Function::reciprocal:
      return FloatRow(ReciprocalFunction(), in, count, out);
    case Function::sign:
      return FloatRow(SignFunction(), in, count, out);
    case Function::abs:
      return FloatRow(AbsFunction(), in, count, out);
    case Function::negative:
      return FloatRow(NegativeFunction(), in, count, out);
    case Function::ceil:
      return FloatRow(CeilFunction(), in, count, out);
    case Function::floor:
      return FloatRow(FloorFunction(), in, count, out);
    case Function::trunc:
      return FloatRow(TruncFunction(), in, count, out);
    default:
      return;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace trainyard
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainyard {

HWY_EXPORT(SimpleRow);

void simple_row(Function function, const float* in, std::size_t count, float* out, float param) {
  HWY_DYNAMIC_DISPATCH(SimpleRow)(function, in, count, out, param);
}

}  // namespace trainyard
#endif  // HWY_ONCE
