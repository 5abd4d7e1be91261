// SPDX-License-Identifier: Apache-2.0
#include "numerics/alu_int.h"

#include <algorithm>
#include <string>
#include <type_traits>

#include "base/fault.h"

namespace trainyard {
namespace {

// Unsigned arithmetic wraps where signed arithmetic is undefined.
template <class T>
std::uint32_t u(T x) {
  return static_cast<std::uint32_t>(x);
}

template <class T>
T magnitude_wrapped(T x) {
  return x < T{0} ? static_cast<T>(0u - u(x)) : x;
}

template <class T>
std::uint32_t magnitude(T x) {
  return x < T{0} ? 0u - u(x) : u(x);
}

template <class T>
T divide(T a, T b) {
  if (b == 0) return 0;
  return static_cast<T>(static_cast<std::int64_t>(a) / static_cast<std::int64_t>(b));
}

template <class T>
T truncated_mod(T a, T b) {
  if (b == 0) return 0;
  return static_cast<T>(static_cast<std::int64_t>(a) % static_cast<std::int64_t>(b));
}

template <class T>
T floored_mod(T a, T b) {
  const T rest = truncated_mod(a, b);
  return rest != 0 && (rest < T{0}) != (b < T{0}) ? static_cast<T>(rest + b) : rest;
}

template <class T>
T power(T base, T exponent) {
  if (exponent < T{0}) {
    if (base == T{1}) return 1;
    if (u(base) == ~0u) return (exponent & 1) != 0 ? base : T{1};
    return 0;
  }
  std::uint32_t result = 1;
  std::uint32_t square = u(base);
  for (std::uint32_t left = u(exponent); left != 0; left >>= 1) {
    if ((left & 1) != 0) result *= square;
    square *= square;
  }
  return static_cast<T>(result);
}

template <class T>
T average(T a, T b) {
  return static_cast<T>((std::int64_t{a} + std::int64_t{b}) >> 1);
}

template <class T>
T shifted_arithmetically(T a, T b) {
  return static_cast<T>(static_cast<std::int32_t>(a) >> std::min(u(b), 31u));
}

// f(the operator as a function of two integers)
template <class T, class F>
void with_op(AluOp op, const F& f) {
  switch (op) {
    case AluOp::add:
      return f([](T a, T b) -> T { return static_cast<T>(u(a) + u(b)); });
    case AluOp::subtract:
      return f([](T a, T b) -> T { return static_cast<T>(u(a) - u(b)); });
    case AluOp::multiply:
      return f([](T a, T b) -> T { return static_cast<T>(u(a) * u(b)); });
    case AluOp::divide:
      return f([](T a, T b) -> T { return divide(a, b); });
    case AluOp::maximum:
      return f([](T a, T b) -> T { return std::max(a, b); });
    case AluOp::minimum:
      return f([](T a, T b) -> T { return std::min(a, b); });
    case AluOp::abs_max:
      return f([](T a, T b) -> T { return magnitude(a) > magnitude(b) ? a : b; });
    case AluOp::abs_min:
      return f([](T a, T b) -> T { return magnitude(a) < magnitude(b) ? a : b; });
    case AluOp::equal:
      return f([](T a, T b) -> T { return T{a == b}; });
    case AluOp::not_equal:
      return f([](T a, T b) -> T { return T{a != b}; });
    case AluOp::less:
      return f([](T a, T b) -> T { return T{a < b}; });
    case AluOp::less_equal:
      return f([](T a, T b) -> T { return T{a <= b}; });
    case AluOp::greater:
      return f([](T a, T b) -> T { return T{a > b}; });
    case AluOp::greater_equal:
      return f([](T a, T b) -> T { return T{a >= b}; });
    case AluOp::logical_and:
      return f([](T a, T b) -> T { return T{a != 0 && b != 0}; });
    case AluOp::logical_or:
      return f([](T a, T b) -> T { return T{a != 0 || b != 0}; });
    case AluOp::logical_xor:
      return f([](T a, T b) -> T { return T{(a != 0) != (b != 0)}; });
    case AluOp::power:
      return f([](T a, T b) -> T { return power(a, b); });
    case AluOp::mod:
      return f([](T a, T b) -> T { return floored_mod(a, b); });
    case AluOp::fmod:
      return f([](T a, T b) -> T { return truncated_mod(a, b); });
    case AluOp::average:
      return f([](T a, T b) -> T { return average(a, b); });
    case AluOp::bitwise_and:
      return f([](T a, T b) -> T { return static_cast<T>(a & b); });
    case AluOp::bitwise_or:
      return f([](T a, T b) -> T { return static_cast<T>(a | b); });
    case AluOp::bitwise_xor:
      return f([](T a, T b) -> T { return static_cast<T>(a ^ b); });
    case AluOp::left_shift:
      return f([](T a, T b) -> T { return static_cast<T>(u(b) > 31 ? 0 : u(a) << u(b)); });
    case AluOp::right_shift:
      return f([](T a, T b) -> T { return static_cast<T>(u(b) > 31 ? 0 : u(a) >> u(b)); });
    case AluOp::arithmetic_right_shift:
      return f([](T a, T b) -> T { return shifted_arithmetically(a, b); });
    case AluOp::bypass:
      return f([](T a, T) -> T { return a; });
    case AluOp::abs:
      return f([](T a, T) -> T { return magnitude_wrapped(a); });
    case AluOp::square:
      return f([](T a, T) -> T { return static_cast<T>(u(a) * u(a)); });
    case AluOp::relu:
      return f([](T a, T) -> T { return std::max(a, T{0}); });
    case AluOp::logical_not:
      return f([](T a, T) -> T { return T{a == 0}; });
    case AluOp::invert:
      return f([](T a, T) -> T { return static_cast<T>(~a); });
    case AluOp::rsqrt:
    case AluOp::reciprocal:
      break;
  }
  throw Fault(FaultKind::program,
              "'" + std::string(alu_op_name(op)) + "' is no operator of integers",
              "use a float operand");
}

template <class T>
T apply(AluOp op, T a, T b) {
  T result = 0;
  with_op<T>(op, [&](auto f) { result = f(a, b); });
  return result;
}

template <class T>
void row(AluOp op, const T* a, const T* b, std::size_t count, T* out) {
  if (b == nullptr) b = a;
  with_op<T>(op, [=](auto f) {
    for (std::size_t i = 0; i < count; ++i) out[i] = f(a[i], b[i]);
  });
}

template <class T>
void row_scalar(AluOp op, const T* a, T b, bool reverse, std::size_t count, T* out) {
  with_op<T>(op, [=](auto f) {
    if (reverse) {
      for (std::size_t i = 0; i < count; ++i) out[i] = f(b, a[i]);
    } else {
      for (std::size_t i = 0; i < count; ++i) out[i] = f(a[i], b);
    }
  });
}

template <class T>
T reduce_row(AluOp op, const T* in, std::size_t count, T init) {
  if (!is_reduction(op)) {
    throw Fault(FaultKind::program,
                "'" + std::string(alu_op_name(op)) + "' does not reduce a row to one value");
  }
  T state = init;
  with_op<T>(op, [&](auto f) {
    for (std::size_t i = 0; i < count; ++i) state = f(state, in[i]);
  });
  return state;
}

}  // namespace

std::int32_t alu_apply(AluOp op, std::int32_t a, std::int32_t b) {
  return apply(op, a, b);
}

void alu_row(AluOp op, const std::int32_t* a, const std::int32_t* b, std::size_t count,
             std::int32_t* out) {
  row(op, a, b, count, out);
}

void alu_row_scalar(AluOp op, const std::int32_t* a, std::int32_t b, bool reverse,
                    std::size_t count, std::int32_t* out) {
  row_scalar(op, a, b, reverse, count, out);
}

std::int32_t alu_reduce_row(AluOp op, const std::int32_t* in, std::size_t count,
                            std::int32_t init) {
  return reduce_row(op, in, count, init);
}

std::uint32_t alu_apply(AluOp op, std::uint32_t a, std::uint32_t b) {
  return apply(op, a, b);
}

void alu_row(AluOp op, const std::uint32_t* a, const std::uint32_t* b, std::size_t count,
             std::uint32_t* out) {
  row(op, a, b, count, out);
}

void alu_row_scalar(AluOp op, const std::uint32_t* a, std::uint32_t b, bool reverse,
                    std::size_t count, std::uint32_t* out) {
  row_scalar(op, a, b, reverse, count, out);
}

std::uint32_t alu_reduce_row(AluOp op, const std::uint32_t* in, std::size_t count,
                             std::uint32_t init) {
  return reduce_row(op, in, count, init);
}

}  // namespace trainyard
