// SPDX-License-Identifier: Apache-2.0
#include "numerics/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "numerics/alu_rows.cc"
#include "hwy/foreach_target.h"

#include "numerics/alu_ops-inl.h"
#include "numerics/alu_rows.h"

HWY_BEFORE_NAMESPACE();
namespace trainyard {
namespace HWY_NAMESPACE {

// f(the struct of op); power, mod, fmod and rsqrt have none.
template <class F>
HWY_INLINE void WithOp(AluOp op, const F& f) {
  switch (op) {
    case AluOp::add:
      return f(AddOp());
    case AluOp::subtract:
      return f(SubtractOp());
    case AluOp::multiply:
      return f(MultiplyOp());
    case AluOp::divide:
      return f(DivideOp());
    case AluOp::maximum:
      return f(MaximumOp());
    case AluOp::minimum:
      return f(MinimumOp());
    case AluOp::abs_max:
      return f(AbsMaxOp());
    case AluOp::abs_min:
      return f(AbsMinOp());
    case AluOp::equal:
      return f(EqualOp());
    case AluOp::not_equal:
      return f(NotEqualOp());
    case AluOp::less:
      return f(LessOp());
    case AluOp::less_equal:
      return f(LessEqualOp());
    case AluOp::greater:
      return f(GreaterOp());
    case AluOp::greater_equal:
      return f(GreaterEqualOp());
    case AluOp::logical_and:
      return f(LogicalAndOp());
    case AluOp::logical_or:
      return f(LogicalOrOp());
    case AluOp::logical_xor:
      return f(LogicalXorOp());
    case AluOp::bypass:
      return f(BypassOp());
    case AluOp::average:
      return f(AverageOp());
    case AluOp::bitwise_and:
      return f(BitwiseAndOp());
    case AluOp::bitwise_or:
      return f(BitwiseOrOp());
    case AluOp::bitwise_xor:
      return f(BitwiseXorOp());
    case AluOp::left_shift:
      return f(LeftShiftOp());
    case AluOp::right_shift:
      return f(RightShiftOp());
    case AluOp::arithmetic_right_shift:
      return f(ArithmeticRightShiftOp());
    case AluOp::abs:
      return f(AbsOp());
    case AluOp::square:
      return f(SquareOp());
    case AluOp::relu:
      return f(ReluOp());
    case AluOp::reciprocal:
      return f(ReciprocalOp());
    case AluOp::logical_not:
      return f(LogicalNotOp());
    case AluOp::invert:
      return f(InvertOp());
    default:
      return;
  }
}

// An operand of a row: one element per element, or one for all.
struct Elements {
  const float* data;
  template <class D>
  HWY_INLINE hn::Vec<D> At(D d, std::size_t i) const {
    return hn::LoadU(d, data + i);
  }
  template <class D>
  HWY_INLINE hn::Vec<D> Rest(D d, std::size_t i, std::size_t count) const {
    float rest[hn::MaxLanes(D())] = {};
    std::memcpy(rest, data + i, count * sizeof(float));
    return hn::LoadU(d, rest);
  }
};

struct Constant {
  float value;
  template <class D>
  HWY_INLINE hn::Vec<D> At(D d, std::size_t) const {
    return hn::Set(d, value);
  }
  template <class D>
  HWY_INLINE hn::Vec<D> Rest(D d, std::size_t, std::size_t) const {
    return hn::Set(d, value);
  }
};

template <class A, class B>
struct RowLoop {
  A a;
  B b;
  std::size_t count;
  float* out;

  template <class Op>
  HWY_INLINE void operator()(const Op& op) const {
    const hn::ScalableTag<float> d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) hn::StoreU(op(d, a.At(d, i), b.At(d, i)), d, out + i);
    if (i < count) {
      float rest[hn::MaxLanes(d)];
      hn::StoreU(op(d, a.Rest(d, i, count - i), b.Rest(d, i, count - i)), d, rest);
      std::memcpy(out + i, rest, (count - i) * sizeof(float));
    }
  }
};

struct ReduceLoop {
  const float* in;
  std::size_t count;
  float* result;

  template <class Op>
  HWY_INLINE void operator()(const Op& op) const {
    constexpr std::size_t kWidth = 16;
    const hn::CappedTag<float, kWidth> d;
    const hn::CappedTag<float, 1> one;
    constexpr std::size_t kLanes = hn::MaxLanes(d);
    constexpr std::size_t kParts = kWidth / kLanes;
    const std::size_t width = count < kWidth ? count : kWidth;
    HWY_ALIGN float sums[kWidth] = {};
    std::memcpy(sums, in, width * sizeof(float));
    std::size_t i = width;
    if (count >= kWidth) {
      hn::Vec<decltype(d)> parts[kParts];
      for (std::size_t p = 0; p < kParts; ++p) parts[p] = hn::Load(d, sums + p * kLanes);
      for (; i + kWidth <= count; i += kWidth) {
        for (std::size_t p = 0; p < kParts; ++p) {
          parts[p] = op(d, parts[p], hn::LoadU(d, in + i + p * kLanes));
        }
      }
      for (std::size_t p = 0; p < kParts; ++p) hn::Store(parts[p], d, sums + p * kLanes);
    }
    const auto combine = [&](std::size_t to, float value) HWY_ATTR {
      sums[to] = hn::GetLane(op(one, hn::Set(one, sums[to]), hn::Set(one, value)));
    };
    for (std::size_t j = 0; i + j < count; ++j) combine(j, in[i + j]);
    for (std::size_t step = kWidth / 2; step > 0; step /= 2) {
      for (std::size_t j = 0; j < step && j + step < width; ++j) combine(j, sums[j + step]);
    }
    *result = sums[0];
  }
};

void VectorRow(AluOp op, const float* a, const float* b, std::size_t count, float* out) {
  WithOp(op, RowLoop<Elements, Elements>{{a}, {b}, count, out});
}

void VectorRowScalar(AluOp op, const float* a, float b, bool reverse, std::size_t count,
                     float* out) {
  if (reverse) return WithOp(op, RowLoop<Constant, Elements>{{b}, {a}, count, out});
  WithOp(op, RowLoop<Elements, Constant>{{a}, {b}, count, out});
}

float VectorReduce(AluOp op, const float* in, std::size_t count) {
  float result = 0.0f;
  WithOp(op, ReduceLoop{in, count, &result});
  return result;
}

}  // namespace HWY_NAMESPACE
}  // namespace trainyard
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainyard {

HWY_EXPORT(VectorRow);
HWY_EXPORT(VectorRowScalar);
HWY_EXPORT(VectorReduce);

void alu_vector_row(AluOp op, const float* a, const float* b, std::size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(VectorRow)(op, a, b, count, out);
}

void alu_vector_row_scalar(AluOp op, const float* a, float b, bool reverse, std::size_t count,
                           float* out) {
  HWY_DYNAMIC_DISPATCH(VectorRowScalar)(op, a, b, reverse, count, out);
}

float alu_vector_reduce(AluOp op, const float* in, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(VectorReduce)(op, in, count);
}

}  // namespace trainyard
#endif  // HWY_ONCE
