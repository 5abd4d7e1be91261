// SPDX-License-Identifier: Apache-2.0
// The functions of the Scalar Engine (nki.api.shared.rst, "Supported Activation Functions") and the
// few more that nki.language composes, on rows of fp32. The chip approximates with piecewise
// polynomials nobody published; here each is computed in double with fixed operations and rounded
// once to fp32, so that all hosts give the same bits and these are the correctly rounded ones but
// for rare ties. Range reduction, where there is any, is ours.
//
// Largest error in fp32 ulp, where correct rounding is 0.5; measured against long double on every
// bf16, 2^22 random bit patterns, 3 * 2^21 uniform ones, and the neighbours of zeros and joints:
//
//   copy, relu, sign, abs, negative, ceil, floor, trunc   0 (exact)
//   square, prelu, sqrt, reciprocal                       0.5 (one IEEE operation)
//   rsqrt, log, sin, cos, tan                             0.500000
//   erf, arctan                                           0.500005
//   silu_dx, gelu_apprx_tanh, gelu_apprx_sigmoid, sigmoid 0.500015
//   silu, mish, gelu_apprx_sigmoid_dx, erf_dx             0.500019
//   exp, gelu, softplus, tanh                             0.500050
//   gelu_dx                                               0.500428
//
// NaN gives NaN (always 0x7fc00000; only copy, abs and negative keep its bits), denormals count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trainyard {

enum class Function : std::uint8_t {
  copy,
  square,
  sigmoid,
  relu,
  prelu,
  gelu,
  gelu_dx,
  gelu_apprx_tanh,
  gelu_apprx_sigmoid,
  gelu_apprx_sigmoid_dx,
  silu,
  silu_dx,
  tanh,
  softplus,
  mish,
  erf,
  erf_dx,
  exp,
  log,
  // No range reduction in the engine: outside [-pi, pi] it goes on with a cubic, and the documented
  // sin(9.0) = 27.65 is what the third-order expansion about the nearer of +-pi gives.
  sin,
  arctan,
  sqrt,
  rsqrt,
  reciprocal,
  sign,
  abs,
  cos,  // NaN beyond 2^45, where the range reduction ends; so has tan
  tan,
  ceil,
  floor,
  trunc,
  negative,
};

inline constexpr int kFunctionCount = 32;

std::string_view function_name(Function function);  // as nki.language spells it
std::optional<Function> function_from_name(std::string_view name);

// out[i] = function(in[i]); `out` may be `in`. `param` is the slope of prelu below zero.
void apply_row(Function function, const float* in, std::size_t count, float* out,
               float param = 0.0f);

}  // namespace trainyard
