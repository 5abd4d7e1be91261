// SPDX-License-Identifier: Apache-2.0
#include "cluster/step_spread.h"

#include <cmath>

#include "base/elementary.h"

namespace trainyard {
namespace {

// Of the largest of so many normal variables.
double largest_normal(double chips, double probability) {
  const double log_of_one = portable_log(probability) / chips;  // all stay below: p = one^chips
  const double above =
      log_of_one > -0.5 ? -portable_expm1(log_of_one) : 1 - portable_exp(log_of_one);
  return -inverse_normal(above);
}

}  // namespace

double step_quantile_over_median(double cv, std::int64_t chips, double probability) {
  const double deviation = std::sqrt(portable_log(1 + cv * cv));
  const auto n = static_cast<double>(chips);
  return portable_exp(deviation * (largest_normal(n, probability) - largest_normal(n, 0.5)));
}

}  // namespace trainyard
