// SPDX-License-Identifier: Apache-2.0
#include "reliability/step_noise.h"

#include <algorithm>
#include <cmath>

#include "base/elementary.h"

namespace trainyard {
namespace {

constexpr int kHalvings = 100;
constexpr double kLogHalf = -0.6931471805599453;

}  // namespace

StepDistribution::StepDistribution(const StepNoise& noise, std::int64_t chips, double step_s)
    : noise_(noise), chips_(static_cast<double>(chips)), step_s_(step_s) {
  median_ = at_log(kLogHalf);
}

double StepDistribution::log_not_longer(double t) const {
  double log_p = 0;
  if (noise_.chip_sigma > 0) {
    const double tail = normal_tail((t - 1) / noise_.chip_sigma);
    log_p += chips_ * (tail < 0.5 ? portable_log1p(-tail) : portable_log(1 - tail + 1e-300));
  } else if (t < 1) {
    return -1e300;
  }
  const double pause_s = (t - 1) * step_s_;
  if (noise_.hiccups_per_chip_day > 0 && pause_s < noise_.hiccup_most_s) {
    double longer = noise_.hiccups_per_chip_day / 86'400 * step_s_ * chips_;
    if (pause_s > noise_.hiccup_least_s) {
      longer *= portable_exp(noise_.hiccup_tail * portable_log(noise_.hiccup_least_s / pause_s));
    }
    log_p -= longer;
  }
  return log_p;
}

double StepDistribution::at_log(double log_p) const {
  double low = 1 - 10 * noise_.chip_sigma;
  double high = 1 + 10 * noise_.chip_sigma +
                (noise_.hiccups_per_chip_day > 0 ? noise_.hiccup_most_s / step_s_ : 0);
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = 0.5 * (low + high);
    (log_not_longer(middle) < log_p ? low : high) = middle;
  }
  return high;
}

double StepDistribution::quantile(double p) const {
  return at_log(portable_log(p)) / median_;
}

// E[t] = from + integral of the probability of being longer, by trapezoids whose width grows with
// the distance from the median.
double StepDistribution::mean() const {
  if (noise_.chip_sigma == 0 && noise_.hiccups_per_chip_day == 0) return 1;
  const auto longer = [&](double t) {
    return -portable_expm1(std::max(-700.0, log_not_longer(t)));
  };
  const double most = 1 + 10 * noise_.chip_sigma +
                      (noise_.hiccups_per_chip_day > 0 ? noise_.hiccup_most_s / step_s_ : 0);
  const double least = 1 - 10 * noise_.chip_sigma;
  constexpr int kPoints = 4000;
  double sum = least;
  if (median_ > least) {  // below the median evenly
    const double width = (median_ - least) / kPoints;
    for (int i = 0; i < kPoints; ++i) sum += width * longer(least + (i + 0.5) * width);
  }
  if (most > median_) {  // above it by equal ratios
    const double first = 1e-9, ratio = portable_log((most - median_) / first + 1) / kPoints;
    double from = 0;
    for (int i = 1; i <= kPoints; ++i) {
      const double to = first * (portable_exp(ratio * i) - 1);
      sum += (to - from) * longer(median_ + 0.5 * (from + to));
      from = to;
    }
  }
  return sum / median_;
}

}  // namespace trainyard
