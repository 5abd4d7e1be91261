// SPDX-License-Identifier: Apache-2.0
// The failures of one life as they come.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/batched_random.h"
#include "reliability/life.h"

namespace trainyard {

class FailureStream {
 public:
  FailureStream(const LifePlan& plan, std::uint64_t seed, std::uint64_t index);

  // Of the job's replicas that run; what has been dropped does not fail.
  void set_share(double share) {
    share_ = share;
    per_s_ = plan_.failures_per_s(share);
  }

  // Until the next failure; infinity: never.
  double next_s() const {
    return per_s_ > 0 ? gap_ / per_s_ : std::numeric_limits<double>::infinity();
  }
  void wear(double length_s) { gap_ = std::max(0.0, gap_ - length_s * per_s_); }
  // The failure that is due now is over, the next one is drawn; returns its kind.
  std::size_t fail();

  double draw(const DrawnDuration& duration);
  bool happens(double probability);

 private:
  double draw_gap();

  const LifePlan& plan_;
  BatchedRandom random_;
  double gap_;  // to the next failure, in mean gaps
  double share_ = 1, per_s_;
  std::int64_t failures_ = 0;
};

}  // namespace trainyard
