// SPDX-License-Identifier: Apache-2.0
// The distribution of a job's step time: the longest of its chips' steps. A chip's step has a
// normal part of its own and, rarely, a hiccup with a Pareto tail.
#pragma once

#include "reliability/job.h"

namespace trainyard {

class StepDistribution {
 public:
  explicit StepDistribution(const ReliabilityJob& job);

  // The step that a share p of steps does not exceed; 0 < p < 1.
  double quantile_s(double p) const;
  double median_s() const { return quantile_s(0.5); }
  double mean_s() const;

 private:
  // What the slowest of so many chips adds to a step without noise: the logarithm of the
  // probability that it is no more than `added_s`, and its inverse.
  double log_no_more(double added_s, double chips) const;
  double added_s(double log_p, double chips) const;
  double least_s() const { return -10 * sigma_s_; }
  double most_s() const;

  StepNoise noise_;
  double chips_, step_s_, sigma_s_;
  double noiseless_s_ = 0;
};

}  // namespace trainyard
