// SPDX-License-Identifier: Apache-2.0
// Seconds between two tokens of a sequence, over all tokens but first ones: a histogram whose
// places are 0.1 % apart at most. What a sequence waits that has lost its pages is not in it.
#pragma once

#include <vector>

namespace trainyard {

class TokenGaps {
 public:
  // `tokens` gaps that go evenly from the one to the other, both above 0.
  void add(double from_s, double to_s, double tokens);
  // The smallest that so much of all does not exceed; 0 when there are none.
  double percentile(double share) const;
  double mean() const { return tokens_ > 0 ? seconds_ / tokens_ : 0; }

 private:
  std::vector<double> tokens_at_;
  double tokens_ = 0, seconds_ = 0;
};

}  // namespace trainyard
