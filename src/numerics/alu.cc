// SPDX-License-Identifier: Apache-2.0
#include "numerics/alu.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "base/fault.h"
#include "numerics/alu_rows.h"
#include "numerics/math.h"

namespace trainyard {
namespace {

enum Trait : std::uint8_t { kNone = 0, kUnary = 1, kBitwise = 2, kReduction = 4 };

struct Row {
  std::string_view name;
  int traits;
};

constexpr std::array<Row, kAluOpCount> kRows = {{
    {"add", kReduction},
    {"subtract", kReduction},
    {"multiply", kReduction},
    {"divide", kNone},
    {"maximum", kReduction},
    {"minimum", kReduction},
    {"abs_max", kReduction},
    {"abs_min", kReduction},
    {"equal", kNone},
    {"not_equal", kNone},
    {"less", kNone},
    {"less_equal", kNone},
    {"greater", kNone},
    {"greater_equal", kNone},
    {"logical_and", kReduction},
    {"logical_or", kReduction},
    {"logical_xor", kReduction},
    {"power", kNone},
    {"mod", kNone},
    {"fmod", kNone},
    {"bypass", kNone},
    {"average", kNone},
    {"bitwise_and", kReduction | kBitwise},
    {"bitwise_or", kReduction | kBitwise},
    {"bitwise_xor", kReduction | kBitwise},
    {"left_shift", kBitwise},
    {"right_shift", kBitwise},
    {"arithmetic_right_shift", kBitwise},
    {"abs", kUnary},
    {"square", kUnary},
    {"relu", kUnary},
    {"rsqrt", kUnary},
    {"reciprocal", kUnary},
    {"logical_not", kUnary},
    {"invert", kUnary | kBitwise},
}};

const Row& row_of(AluOp op) {
  return kRows[static_cast<std::size_t>(op)];
}

[[noreturn]] void not_a_reduction(AluOp op) {
  throw Fault(FaultKind::program,
              "'" + std::string(alu_op_name(op)) + "' does not reduce a row to one value",
              "add, subtract, multiply, maximum, minimum, logical and bitwise operators do");
}

std::uint32_t bits(float x) {
  return std::bit_cast<std::uint32_t>(x);
}
float from_bits(std::uint32_t x) {
  return std::bit_cast<float>(x);
}

float one_nan(float x) {
  return x == x ? x : from_bits(0x7fc00000u);
}

float power(float a, float b) {
  return one_nan(static_cast<float>(std::pow(static_cast<double>(a), static_cast<double>(b))));
}

float floor_mod(float a, float b) {
  const float rest = std::fmod(a, b);
  if (rest == 0.0f) return std::copysign(0.0f, b);
  return one_nan((rest < 0.0f) != (b < 0.0f) ? rest + b : rest);
}

using Scalar = float (*)(float, float);

// Those without a vector form.
Scalar scalar_only(AluOp op) {
  switch (op) {
    case AluOp::power:
      return power;
    case AluOp::mod:
      return floor_mod;
    case AluOp::fmod:
      return [](float a, float b) { return one_nan(std::fmod(a, b)); };
    default:
      return nullptr;
  }
}

}  // namespace

std::string_view alu_op_name(AluOp op) {
  return row_of(op).name;
}

std::optional<AluOp> alu_op_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].name == name) return static_cast<AluOp>(i);
  }
  return std::nullopt;
}

bool is_unary(AluOp op) {
  return (row_of(op).traits & kUnary) != 0;
}
bool is_bitwise(AluOp op) {
  return (row_of(op).traits & kBitwise) != 0;
}
bool is_reduction(AluOp op) {
  return (row_of(op).traits & kReduction) != 0;
}

float alu_apply(AluOp op, float a, float b) {
  const bool b_nan = b != b;
  const auto truth = [](bool value) { return value ? 1.0f : 0.0f; };
  switch (op) {
    case AluOp::add:
      return one_nan(a + b);
    case AluOp::subtract:
      return one_nan(a - b);
    case AluOp::multiply:
      return one_nan(a * b);
    case AluOp::divide:
      return one_nan(a / b);
    case AluOp::maximum:
      return one_nan(b_nan || a > b ? a : b);
    case AluOp::minimum:
      return one_nan(b_nan || a < b ? a : b);
    case AluOp::abs_max:
      return one_nan(b_nan || std::fabs(a) > std::fabs(b) ? a : b);
    case AluOp::abs_min:
      return one_nan(b_nan || std::fabs(a) < std::fabs(b) ? a : b);
    case AluOp::equal:
      return truth(a == b);
    case AluOp::not_equal:
      return truth(!(a == b));
    case AluOp::less:
      return truth(a < b);
    case AluOp::less_equal:
      return truth(a <= b);
    case AluOp::greater:
      return truth(a > b);
    case AluOp::greater_equal:
      return truth(a >= b);
    case AluOp::logical_and:
      return truth(!(a == 0) && !(b == 0));
    case AluOp::logical_or:
      return truth(!(a == 0) || !(b == 0));
    case AluOp::logical_xor:
      return truth((a == 0) != (b == 0));
    case AluOp::power:
    case AluOp::mod:
    case AluOp::fmod:
      return scalar_only(op)(a, b);
    case AluOp::bypass:
      return a;
    case AluOp::average:
      return one_nan((a + b) * 0.5f);
    case AluOp::bitwise_and:
      return from_bits(bits(a) & bits(b));
    case AluOp::bitwise_or:
      return from_bits(bits(a) | bits(b));
    case AluOp::bitwise_xor:
      return from_bits(bits(a) ^ bits(b));
    case AluOp::left_shift:
      return from_bits(bits(b) > 31 ? 0 : bits(a) << bits(b));
    case AluOp::right_shift:
      return from_bits(bits(b) > 31 ? 0 : bits(a) >> bits(b));
    case AluOp::arithmetic_right_shift: {
      const auto value = static_cast<std::int32_t>(bits(a));
      return from_bits(static_cast<std::uint32_t>(value >> (bits(b) > 31 ? 31 : bits(b))));
    }
    case AluOp::abs:
      return std::fabs(a);
    case AluOp::square:
      return one_nan(a * a);
    case AluOp::relu:
      return one_nan(a <= 0 ? 0.0f : a);
    case AluOp::rsqrt:
      return one_nan(static_cast<float>(1.0 / std::sqrt(static_cast<double>(a))));
    case AluOp::reciprocal:
      return one_nan(1.0f / a);
    case AluOp::logical_not:
      return truth(a == 0);
    case AluOp::invert:
      return from_bits(~bits(a));
  }
  return a;
}

void alu_row(AluOp op, const float* a, const float* b, std::size_t count, float* out) {
  if (const Scalar apply = scalar_only(op)) {
    for (std::size_t i = 0; i < count; ++i) out[i] = apply(a[i], b[i]);
    return;
  }
  if (op == AluOp::rsqrt) return apply_row(Function::rsqrt, a, count, out);
  alu_vector_row(op, a, b != nullptr ? b : a, count, out);
}

void alu_row_scalar(AluOp op, const float* a, float b, bool reverse, std::size_t count,
                    float* out) {
  if (const Scalar apply = scalar_only(op)) {
    for (std::size_t i = 0; i < count; ++i) out[i] = reverse ? apply(b, a[i]) : apply(a[i], b);
    return;
  }
  if (reverse && (is_unary(op) || op == AluOp::bypass)) {
    std::fill(out, out + count, alu_apply(op, b, b));
    return;
  }
  if (op == AluOp::rsqrt) return apply_row(Function::rsqrt, a, count, out);
  alu_vector_row_scalar(op, a, b, reverse, count, out);
}

float alu_identity(AluOp op) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  switch (op) {
    case AluOp::multiply:
    case AluOp::logical_and:
      return 1.0f;
    case AluOp::maximum:
      return -kInfinity;
    case AluOp::minimum:
    case AluOp::abs_min:
      return kInfinity;
    case AluOp::bitwise_and:
      return from_bits(0xffffffffu);
    default:
      if (!is_reduction(op)) not_a_reduction(op);
      return 0.0f;
  }
}

float alu_reduce_row(AluOp op, const float* in, std::size_t count, float init) {
  if (!is_reduction(op)) not_a_reduction(op);
  if (count == 0) return init;
  const float row = alu_vector_reduce(op == AluOp::subtract ? AluOp::add : op, in, count);
  return alu_apply(op, init, row);
}

void alu_scan_row(AluOp op0, AluOp op1, const float* data0, const float* data1, float init,
                  std::size_t count, float* out, bool reverse0, bool reverse1) {
  if (op0 == AluOp::multiply && op1 == AluOp::add) {
    // A NaN of any bits stays one, so it may be made the one NaN outside the chain of dependence.
    float state = init;
    for (std::size_t i = 0; i < count; ++i) {
      state = data0[i] * state + data1[i];
      out[i] = one_nan(state);
    }
    return;
  }
  const auto apply = [](AluOp op, bool reverse, float x, float y) {
    return reverse ? alu_apply(op, y, x) : alu_apply(op, x, y);
  };
  float state = init;
  for (std::size_t i = 0; i < count; ++i) {
    state = apply(op1, reverse1, apply(op0, reverse0, data0[i], state), data1[i]);
    out[i] = state;
  }
}

}  // namespace trainyard
