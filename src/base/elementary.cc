// SPDX-License-Identifier: Apache-2.0
#include "base/elementary.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace trainyard {
namespace {

constexpr double kLn2 = 0x1.62e42fefa39efp-1;
// ln 2 as a sum whose first part has 20 trailing zero bits: its product with an exponent is exact.
constexpr double kLn2High = 0x1.62e42fef00000p-1;
constexpr double kLn2Low = 0x1.473de6af278edp-34;
constexpr double kSqrtHalf = 0x1.6a09e667f3bcdp-1;
constexpr double kHalfLog2Pi = 0x1.d67f1c864beb5p-1;
constexpr double kInverseSqrt2Pi = 0x1.9884533d43651p-2;

// 2 atanh(s) - 2 s for |s| <= 0.1716: 2 s (z/3 + z^2/5 + ... + z^10/21) with z = s * s.
double atanh_rest(double s) {
  const double z = s * s, w = z * z;
  const double odd = 1.0 / 3 + w * (1.0 / 7 + w * (1.0 / 11 + w * (1.0 / 15 + w * (1.0 / 19))));
  const double even = 1.0 / 5 + w * (1.0 / 9 + w * (1.0 / 13 + w * (1.0 / 17 + w * (1.0 / 21))));
  return 2 * s * (z * (odd + z * even));
}

// log(x * 2^-scaled) of a normal x. Without a branch, so that a loop of it becomes vectors.
inline double log_of_normal(double x, double scaled) {
  constexpr std::uint64_t kOne = std::bit_cast<std::uint64_t>(1.0);
  constexpr std::uint64_t kAbove = std::bit_cast<std::uint64_t>(kSqrtHalf) + 1;
  constexpr std::uint64_t kWhole = std::bit_cast<std::uint64_t>(0x1p52);
  // x = m * 2^e with m above sqrt(1/2) and at most sqrt(2).
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t biased = (bits + (kOne - kAbove)) >> 52;  // e + 1023
  const auto m = std::bit_cast<double>(bits + kOne - (biased << 52));
  // A whole number below 2^52 is the mantissa of its sum with 2^52.
  const double e = std::bit_cast<double>(biased | kWhole) - 0x1p52 - (1023 + scaled);
  const double f = m - 1;  // exact
  const double s = f / (2 + f);
  // log m = f - s (f - rest): f carries the leading part without the rounding of s.
  return e * kLn2High + (f - (s * f - (atanh_rest(s) + e * kLn2Low)));
}

// (exp(r) - 1 - r) / r^2 for |r| <= 0.3466, by Taylor's series to r^13.
double exp_rest(double r) {
  const double w = r * r;
  const double even =
      1.0 / 2 +
      w * (1.0 / 24 +
           w * (1.0 / 720 + w * (1.0 / 40320 + w * (1.0 / 3628800 + w * (1.0 / 479001600)))));
  const double odd =
      1.0 / 6 +
      w * (1.0 / 120 +
           w * (1.0 / 5040 + w * (1.0 / 362880 + w * (1.0 / 39916800 + w * (1.0 / 6227020800)))));
  return even + r * odd;
}

using Coefficients = std::array<double, 8>;

double polynomial(const Coefficients& c, double x) {
  double sum = 0;
  for (std::size_t i = c.size(); i-- > 0;) sum = sum * x + c[i];
  return sum;
}

// Numerators and denominators of AS 241's PPND16, from the constant term up.
constexpr Coefficients kMiddleOver = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                      1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                      4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                      3.3430575583588128105e+4, 2.5090809287301226727e+3};
constexpr Coefficients kMiddleUnder = {1.0,
                                       4.2313330701600911252e+1,
                                       6.8718700749205790830e+2,
                                       5.3941960214247511077e+3,
                                       2.1213794301586595867e+4,
                                       3.9307895800092710610e+4,
                                       2.8729085735721942674e+4,
                                       5.2264952788528545610e+3};
constexpr Coefficients kNearOver = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                    5.76949722146069140550e0,  3.64784832476320460504e0,
                                    1.27045825245236838258e0,  2.41780725177450611770e-1,
                                    2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr Coefficients kNearUnder = {1.0,
                                     2.05319162663775882187e0,
                                     1.67638483018380384940e0,
                                     6.89767334985100004550e-1,
                                     1.48103976427480074590e-1,
                                     1.51986665636164571966e-2,
                                     5.47593808499534494600e-4,
                                     1.05075007164441684324e-9};
constexpr Coefficients kFarOver = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                   1.78482653991729133580e0,  2.96560571828504891230e-1,
                                   2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                   2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr Coefficients kFarUnder = {1.0,
                                    5.99832206555887937690e-1,
                                    1.36929880922735805310e-1,
                                    1.48753612908506148525e-2,
                                    7.86869131145613259100e-4,
                                    1.84631831751005468180e-5,
                                    1.42151175831644588870e-7,
                                    2.04426310338993978564e-15};

}  // namespace

double portable_log(double x) {
  if (x < std::numeric_limits<double>::min()) return log_of_normal(x * 0x1p54, 54);
  return log_of_normal(x, 0);
}

void portable_logs(std::span<const double> x, std::span<double> logarithms) {
  for (std::size_t i = 0; i < x.size(); ++i) logarithms[i] = log_of_normal(x[i], 0);
}

double portable_log1p(double x) {
  if (x < -0.25 || x > 0.4) return portable_log(1 + x);
  const double s = x / (2 + x);
  return x - (s * x - atanh_rest(s));
}

double portable_exp(double x) {
  if (x > 709.782712893384) return std::numeric_limits<double>::infinity();
  if (x < -745.2) return 0;
  const auto whole = static_cast<int>(x * (1 / kLn2) + std::copysign(0.5, x));
  const double k = whole;
  const double high = x - k * kLn2High, low = k * kLn2Low;
  const double r = high - low;
  const double value = 1 + (high - (low - r * r * exp_rest(r)));
  // In two factors, so that what overflows or is subnormal only in between does not.
  const int half = whole / 2;
  const auto power = [](int n) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(n + 1023) << 52);
  };
  return value * power(half) * power(whole - half);
}

double portable_expm1(double x) {
  if (std::abs(x) > 0.3466) return portable_exp(x) - 1;
  return x + x * x * exp_rest(x);
}

double portable_gamma(double x) {
  double below = 1;  // gamma(x) = gamma(x + n) / (x (x + 1) ... (x + n - 1))
  while (x < 16) {
    below *= x;
    x += 1;
  }
  const double z = 1 / (x * x);  // Stirling's series
  const double series =
      (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188))))) / x;
  return portable_exp((x - 0.5) * portable_log(x) - x + kHalfLog2Pi + series) / below;
}

double inverse_normal(double p) {
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(kMiddleOver, r) / polynomial(kMiddleUnder, r);
  }
  const double r = std::sqrt(-portable_log(q < 0 ? p : 1 - p));
  const double x = r <= 5 ? polynomial(kNearOver, r - 1.6) / polynomial(kNearUnder, r - 1.6)
                          : polynomial(kFarOver, r - 5) / polynomial(kFarUnder, r - 5);
  return q < 0 ? -x : x;
}

double normal_tail(double x) {
  if (x < -2) return 1 - normal_tail(-x);
  const double density = kInverseSqrt2Pi * portable_exp(-0.5 * x * x);
  if (x < 2) {  // 1/2 - density (x + x^3/3 + x^5/15 + ...)
    double term = x, sum = x;
    for (int n = 3; n < 80; n += 2) {
      term *= x * x / n;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  // Laplace's continued fraction, from far inside.
  double fraction = x;
  for (int n = 150; n > 0; --n) fraction = x + n / fraction;
  return density / fraction;
}

}  // namespace trainyard
