// SPDX-License-Identifier: Apache-2.0
#include "reliability/step_noise.h"

#include <algorithm>

#include "base/elementary.h"

namespace trainyard {
namespace {

constexpr int kHalvings = 100;
constexpr int kPoints = 4000;  // of an integral
constexpr double kLogHalf = -0.6931471805599453;

bool has_hiccups(const StepNoise& noise) {
  return noise.hiccups_per_chip_day + noise.hiccups_per_day > 0;
}

}  // namespace

StepDistribution::StepDistribution(const ReliabilityJob& job)
    : noise_(job.noise),
      chips_(static_cast<double>(job.chips)),
      step_s_(job.step_s),
      sigma_s_(std::min(job.noise.chip_sigma_s, job.noise.chip_sigma_most * job.step_s)) {
  const double in_step = static_cast<double>(std::min(job.chips, job.noise_in_step_chips));
  noiseless_s_ = step_s_ - added_s(kLogHalf, in_step);
}

double StepDistribution::most_s() const {
  return 10 * sigma_s_ + (has_hiccups(noise_) ? noise_.hiccup_most_s : 0);
}

double StepDistribution::log_no_more(double added_s, double chips) const {
  double log_p = 0;
  if (sigma_s_ > 0) {
    const double tail = normal_tail(added_s / sigma_s_);
    log_p += chips * (tail < 0.5 ? portable_log1p(-tail) : portable_log(1 - tail + 1e-300));
  } else if (added_s < 0) {
    return -1e300;
  }
  if (has_hiccups(noise_) && added_s < noise_.hiccup_most_s) {
    const double per_day = noise_.hiccups_per_chip_day * chips + noise_.hiccups_per_day;
    double longer = per_day / 86'400 * step_s_;
    if (added_s > noise_.hiccup_least_s) {
      longer *= portable_exp(noise_.hiccup_tail * portable_log(noise_.hiccup_least_s / added_s));
    }
    log_p -= longer;
  }
  return log_p;
}

double StepDistribution::added_s(double log_p, double chips) const {
  double low = least_s(), high = most_s();
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = 0.5 * (low + high);
    (log_no_more(middle, chips) < log_p ? low : high) = middle;
  }
  return high;
}

double StepDistribution::quantile_s(double p) const {
  return noiseless_s_ + added_s(portable_log(p), chips_);
}

// The integral of the probability of being longer, by trapezoids: evenly below the median, above it
// by lengths that grow with the distance.
double StepDistribution::mean_s() const {
  if (most_s() == 0) return step_s_;
  const auto longer = [&](double added) {
    return -portable_expm1(std::max(-700.0, log_no_more(added, chips_)));
  };
  const double median = added_s(kLogHalf, chips_);
  double sum = least_s();
  const double width = (median - least_s()) / kPoints;
  for (int i = 0; i < kPoints; ++i) sum += width * longer(least_s() + (i + 0.5) * width);
  const double first = 1e-9 * step_s_;
  const double ratio = portable_log(std::max(0.0, most_s() - median) / first + 1) / kPoints;
  double from = 0;
  for (int i = 1; i <= kPoints; ++i) {
    const double to = first * (portable_exp(ratio * i) - 1);
    sum += (to - from) * longer(median + 0.5 * (from + to));
    from = to;
  }
  return noiseless_s_ + sum;
}

}  // namespace trainyard
