// SPDX-License-Identifier: Apache-2.0
// The distribution of a job's step time: the longest of its chips' steps. A chip's step has a
// normal part of its own and, rarely, a hiccup with a Pareto tail.
#pragma once

#include <cstdint>

#include "reliability/job.h"

namespace trainyard {

class StepDistribution {
 public:
  // `step_s`: the median step of the job.
  StepDistribution(const StepNoise& noise, std::int64_t chips, double step_s);

  // The step, over the median one, that a share p of steps does not exceed; 0 < p < 1.
  double quantile(double p) const;
  double mean() const;  // over the median
  // The median over a step without any noise.
  double median_over_noiseless() const { return median_; }

 private:
  // Of a step that is `t` times as long as a noiseless one: the logarithm of the probability that
  // a step is not longer.
  double log_not_longer(double t) const;
  double at_log(double log_p) const;

  StepNoise noise_;
  double chips_, step_s_;
  double median_ = 1;
};

}  // namespace trainyard
