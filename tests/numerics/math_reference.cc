// SPDX-License-Identifier: Apache-2.0
#include "numerics/math_reference.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace trainyard::test {
namespace {

using Wide = long double;

Wide sigmoid(Wide x) {
  return 1 / (1 + std::exp(-x));
}

Wide normal(Wide x) {
  return std::erfc(-x / std::sqrt(Wide{2})) / 2;
}

Wide silu_dx(Wide x) {
  return sigmoid(x) * (1 + x * sigmoid(-x));
}

Wide gelu_dx(Wide x) {
  return normal(x) + x * std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi_v<Wide>);
}

Wide gelu_tanh(Wide x) {
  const Wide y = std::sqrt(2 / std::numbers::pi_v<Wide>) * (x + Wide{0.044715} * x * x * x);
  return x * sigmoid(2 * y);
}

Wide mish(Wide x) {
  if (x > 60) return x;
  const Wide e = std::exp(x);
  return x * (e * (e + 2)) / (e * (e + 2) + 2);
}

}  // namespace

long double reference(Function function, float in, float param) {
  // At -inf the products with something that vanishes faster are zero.
  const Wide x = in;
  const Wide product = std::isinf(in) && in < 0 ? Wide{-1e5L} : x;
  const Wide bounded = std::isinf(in) ? std::copysign(Wide{1e5L}, x) : x;
  switch (function) {
    case Function::copy:
      return x;
    case Function::square:
      return x * x;
    case Function::sigmoid:
      return sigmoid(x);
    case Function::relu:
      return x <= 0 ? 0 : x;
    case Function::prelu:
      return x < 0 ? x * param : x;
    case Function::gelu:
      return product * normal(product);
    case Function::gelu_dx:
      return gelu_dx(bounded);
    case Function::gelu_apprx_tanh:
      return gelu_tanh(product);
    case Function::gelu_apprx_sigmoid:
      return product * sigmoid(Wide{1.702} * product);
    case Function::gelu_apprx_sigmoid_dx:
      return silu_dx(Wide{1.702} * bounded);
    case Function::silu:
      return product * sigmoid(product);
    case Function::silu_dx:
      return silu_dx(bounded);
    case Function::tanh:
      return std::tanh(x);
    case Function::softplus:
      return (x > 0 ? x : 0) + std::log1p(std::exp(-std::fabs(x)));
    case Function::mish:
      return mish(product);
    case Function::erf:
      return std::erf(x);
    case Function::erf_dx:
      return 2 / std::sqrt(std::numbers::pi_v<Wide>) * std::exp(-x * x);
    case Function::exp:
      return std::exp(x);
    case Function::log:
      return std::log(x);
    case Function::sin:
      return std::sin(x);
    case Function::arctan:
      return std::atan(x);
    case Function::sqrt:
      return std::sqrt(x);
    case Function::rsqrt:
      return 1 / std::sqrt(x);
    case Function::reciprocal:
      return 1 / x;
    case Function::sign:
      return x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x;
    case Function::abs:
      return std::fabs(x);
    case Function::cos:
      return std::cos(x);
    case Function::tan:
      return std::tan(x);
    case Function::ceil:
      return std::ceil(x);
    case Function::floor:
      return std::floor(x);
    case Function::trunc:
      return std::trunc(x);
    case Function::negative:
      return -x;
  }
  return std::numeric_limits<Wide>::quiet_NaN();
}

double error_ulp(float value, long double exact) {
  constexpr double kHuge = 1e30;
  const float nearest = static_cast<float>(exact);
  if (std::isnan(nearest) || std::isnan(value)) {
    return std::isnan(nearest) == std::isnan(value) ? 0 : kHuge;
  }
  if (std::isinf(nearest) || std::isinf(value)) return nearest == value ? 0 : kHuge;
  const int exponent = std::max(std::ilogb(nearest == 0 ? 0x1p-149f : nearest), -126);
  return static_cast<double>(std::fabs(value - exact) / std::ldexp(Wide{1}, exponent - 23));
}

}  // namespace trainyard::test
