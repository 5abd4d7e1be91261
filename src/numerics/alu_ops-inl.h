// SPDX-License-Identifier: Apache-2.0
// One operator of the ALUs, one struct: what alu_apply says, on vectors. Selections are written as
// comparisons because targets disagree about Min and Max of NaN and of signed zeros.
#if defined(TRAINYARD_NUMERICS_ALU_OPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAINYARD_NUMERICS_ALU_OPS_INL_H_
#undef TRAINYARD_NUMERICS_ALU_OPS_INL_H_
#else
#define TRAINYARD_NUMERICS_ALU_OPS_INL_H_
#endif

#include "numerics/alu.h"
#include "numerics/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace trainyard {
namespace HWY_NAMESPACE {

template <class D, class M>
HWY_INLINE hn::Vec<D> Truth(D d, M mask) {
  return hn::IfThenElseZero(mask, hn::Set(d, 1.0f));
}

template <class D, class V>
HWY_INLINE hn::Vec<hn::RebindToUnsigned<D>> Bits(D, V x) {
  return hn::BitCast(hn::RebindToUnsigned<D>(), x);
}

template <class D, class V>
HWY_INLINE hn::Mask<D> IsZero(D d, V x) {
  return hn::Eq(x, hn::Zero(d));
}

// The first where `better` or the second is NaN. (Highway's Ne of NaN differs between targets.)
template <class D, class V, class M>
HWY_INLINE V Better(D d, M better, V a, V b) {
  return OneNan(d, hn::IfThenElse(hn::Or(better, hn::Not(hn::Eq(b, b))), a, b));
}

#define TRAINYARD_ALU_OP(NAME, VALUE)                                                \
  struct NAME {                                                                      \
    template <class D, class V>                                                      \
    HWY_INLINE V operator()([[maybe_unused]] D d, V a, [[maybe_unused]] V b) const { \
      return VALUE;                                                                  \
    }                                                                                \
  };

TRAINYARD_ALU_OP(AddOp, OneNan(d, hn::Add(a, b)))
TRAINYARD_ALU_OP(SubtractOp, OneNan(d, hn::Sub(a, b)))
TRAINYARD_ALU_OP(MultiplyOp, OneNan(d, hn::Mul(a, b)))
TRAINYARD_ALU_OP(DivideOp, OneNan(d, hn::Div(a, b)))
TRAINYARD_ALU_OP(AverageOp, OneNan(d, hn::Mul(hn::Add(a, b), hn::Set(d, 0.5f))))
TRAINYARD_ALU_OP(MaximumOp, Better(d, hn::Lt(b, a), a, b))
TRAINYARD_ALU_OP(MinimumOp, Better(d, hn::Lt(a, b), a, b))
TRAINYARD_ALU_OP(AbsMaxOp, Better(d, hn::Lt(hn::Abs(b), hn::Abs(a)), a, b))
TRAINYARD_ALU_OP(AbsMinOp, Better(d, hn::Lt(hn::Abs(a), hn::Abs(b)), a, b))
TRAINYARD_ALU_OP(EqualOp, Truth(d, hn::Eq(a, b)))
TRAINYARD_ALU_OP(NotEqualOp, Truth(d, hn::Not(hn::Eq(a, b))))
TRAINYARD_ALU_OP(LessOp, Truth(d, hn::Lt(a, b)))
TRAINYARD_ALU_OP(LessEqualOp, Truth(d, hn::Le(a, b)))
TRAINYARD_ALU_OP(GreaterOp, Truth(d, hn::Lt(b, a)))
TRAINYARD_ALU_OP(GreaterEqualOp, Truth(d, hn::Le(b, a)))
TRAINYARD_ALU_OP(LogicalAndOp, Truth(d, hn::Not(hn::Or(IsZero(d, a), IsZero(d, b)))))
TRAINYARD_ALU_OP(LogicalOrOp, Truth(d, hn::Not(hn::And(IsZero(d, a), IsZero(d, b)))))
TRAINYARD_ALU_OP(LogicalXorOp, Truth(d, hn::Xor(IsZero(d, a), IsZero(d, b))))
TRAINYARD_ALU_OP(LogicalNotOp, Truth(d, IsZero(d, a)))
TRAINYARD_ALU_OP(BypassOp, a)
TRAINYARD_ALU_OP(BitwiseAndOp, hn::BitCast(d, hn::And(Bits(d, a), Bits(d, b))))
TRAINYARD_ALU_OP(BitwiseOrOp, hn::BitCast(d, hn::Or(Bits(d, a), Bits(d, b))))
TRAINYARD_ALU_OP(BitwiseXorOp, hn::BitCast(d, hn::Xor(Bits(d, a), Bits(d, b))))
TRAINYARD_ALU_OP(InvertOp, hn::BitCast(d, hn::Not(Bits(d, a))))
TRAINYARD_ALU_OP(AbsOp, hn::Abs(a))
TRAINYARD_ALU_OP(SquareOp, OneNan(d, hn::Mul(a, a)))
TRAINYARD_ALU_OP(ReluOp, OneNan(d, hn::IfThenElse(hn::Le(a, hn::Zero(d)), hn::Zero(d), a)))
TRAINYARD_ALU_OP(ReciprocalOp, OneNan(d, hn::Div(hn::Set(d, 1.0f), a)))

#undef TRAINYARD_ALU_OP

// Highway leaves amounts beyond the word undefined: they are clamped to 31, and the result to 0.
template <class D, class V, class VU>
HWY_INLINE V ZeroBeyondWord(D d, V amount, VU amount_clamped, VU shifted) {
  return hn::BitCast(d, hn::IfThenElseZero(hn::Eq(Bits(d, amount), amount_clamped), shifted));
}

template <class D, class V>
HWY_INLINE hn::Vec<hn::RebindToUnsigned<D>> ClampedAmount(D d, V amount) {
  return hn::Min(Bits(d, amount), hn::Set(hn::RebindToUnsigned<D>(), 31u));
}

struct LeftShiftOp {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    const auto amount = ClampedAmount(d, b);
    return ZeroBeyondWord(d, b, amount, hn::Shl(Bits(d, a), amount));
  }
};

struct RightShiftOp {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    const auto amount = ClampedAmount(d, b);
    return ZeroBeyondWord(d, b, amount, hn::Shr(Bits(d, a), amount));
  }
};

struct ArithmeticRightShiftOp {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    const hn::RebindToSigned<D> di;
    return hn::BitCast(d, hn::Shr(hn::BitCast(di, a), hn::BitCast(di, ClampedAmount(d, b))));
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace trainyard
HWY_AFTER_NAMESPACE();

#endif  // TRAINYARD_NUMERICS_ALU_OPS_INL_H_
