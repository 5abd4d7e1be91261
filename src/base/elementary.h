// SPDX-License-Identifier: Apache-2.0
// Functions of doubles with the same bits on every host: sums, products, quotients and roots only,
// in a fixed order. A C library may choose others by what the processor can.
#pragma once

#include <span>

namespace trainyard {

// Natural logarithm of a positive, finite x; within 2 units in the last place.
double portable_log(double x);
// Of each x, none subnormal, with the same bits.
void portable_logs(std::span<const double> x, std::span<double> logarithms);
// Infinity above 709.78, 0 below -745.1; within 2 units in the last place, but where the result is
// subnormal.
double portable_exp(double x);
// log(1 + x) and exp(x) - 1 for |x| <= 0.5 without loss near 0.
double portable_log1p(double x);
double portable_expm1(double x);
// The gamma function for 0.1 <= x <= 100, within 1e-13 of itself.
double portable_gamma(double x);

// The x below which a normal variable stays with probability p, 0 < p < 1; relative error 1e-15
// (Wichura, "Algorithm AS 241", Applied Statistics 37, 1988).
double inverse_normal(double p);
// The probability that a normal variable is above x; relative error 1e-13 for x <= 30.
double normal_tail(double x);

}  // namespace trainyard
