// SPDX-License-Identifier: Apache-2.0
// The Tensor Engine's clock gate: on a free-running grid the clock of the next window follows the
// work of the last one, its busy share weighed by the rows of the array that had products; it
// starts slow (machine.md section 2).
#pragma once

#include <cstdint>
#include <vector>

#include "core/timeline.h"
#include "machine/machine.h"

namespace trainyard {

class ClockGate {
 public:
  explicit ClockGate(const TensorEngine& tensor);

  // Cycles of the full clock that one cycle takes at `at`; times must not go back.
  double stretch(Time at);
  // The array issues in [begin, end), `rows` of it (a share) with products; begins in order.
  void issue(Time begin, Time end, double rows);
  const std::vector<ClockPhase>& phases() const { return phases_; }

 private:
  void close_windows(std::int64_t now_ps);
  void set(std::int64_t at_ps, bool full);

  const double slow_ratio_, threshold_, unused_row_;
  const std::int64_t window_ps_;
  std::int64_t window_end_ps_;
  double work_ps_ = 0;              // in the open window
  double weight_ = 0;               // of the interval that ends last
  std::int64_t busy_until_ps_ = 0;  // its end
  bool full_;
  std::vector<ClockPhase> phases_;
};

}  // namespace trainyard
