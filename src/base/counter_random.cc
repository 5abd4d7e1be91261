// SPDX-License-Identifier: Apache-2.0
#include "base/counter_random.h"

#include <cmath>

#include "base/elementary.h"

namespace trainyard {

double CounterRandom::exponential() {
  return -portable_log(uniform());
}

double CounterRandom::normal() {
  return inverse_normal(uniform());
}

double CounterRandom::weibull(double shape) {
  return portable_exp(portable_log(exponential()) / shape);
}

double CounterRandom::lognormal(double mean, double cv) {
  const double variance = portable_log(1 + cv * cv);
  return mean * portable_exp(std::sqrt(variance) * normal() - 0.5 * variance);
}

// Marsaglia and Tsang, "A simple method for generating gamma variables", 2000: a normal variable's
// cube, of which at least 95 % are taken.
double CounterRandom::gamma(double shape) {
  if (shape < 1) {
    const double larger = gamma(shape + 1);
    return larger * portable_exp(portable_log(uniform()) / shape);
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (int draws = 0; draws < 100; ++draws) {
    const double x = normal(), base = 1 + c * x, u = uniform();
    if (base <= 0) continue;
    const double cube = base * base * base;
    if (portable_log(u) < 0.5 * x * x + d - d * cube + d * portable_log(cube)) return d * cube;
  }
  return d;  // once in 10^130
}

}  // namespace trainyard
