// SPDX-License-Identifier: Apache-2.0
#include "core/clock_gate.h"

#include <algorithm>
#include <cmath>

namespace trainyard {

ClockGate::ClockGate(const TensorEngine& tensor)
    : slow_ratio_(tensor.gate_slow_ratio),
      threshold_(tensor.gate_threshold),
      unused_row_(tensor.gate_unused_row),
      window_ps_(std::max<std::int64_t>(1, Time::from_ns(tensor.gate_window_ns()).ps)),
      window_end_ps_(tensor.gate_phase > 0.0
                         ? std::llround(tensor.gate_phase * static_cast<double>(window_ps_))
                         : window_ps_),
      full_(tensor.gate_slow_ratio >= 1.0 || tensor.gate_slow_ratio <= 0.0) {
  phases_.push_back({Time{}, full_ ? 1.0 : slow_ratio_});
}

void ClockGate::set(std::int64_t at_ps, bool full) {
  if (full == full_) return;
  full_ = full;
  phases_.push_back({Time::from_ps(at_ps), full ? 1.0 : slow_ratio_});
}

void ClockGate::close_windows(std::int64_t now_ps) {
  while (window_end_ps_ <= now_ps) {
    set(window_end_ps_, work_ps_ >= threshold_ * static_cast<double>(window_ps_));
    if (work_ps_ == 0 && busy_until_ps_ <= window_end_ps_) {
      // Nothing will change before the next matmul.
      window_end_ps_ += (now_ps - window_end_ps_) / window_ps_ * window_ps_;
    }
    work_ps_ = weight_ * static_cast<double>(std::clamp<std::int64_t>(
                             busy_until_ps_ - window_end_ps_, 0, window_ps_));
    window_end_ps_ += window_ps_;
  }
}

double ClockGate::stretch(Time at) {
  if (slow_ratio_ >= 1.0 || slow_ratio_ <= 0.0) return 1.0;
  close_windows(at.ps);
  return full_ ? 1.0 : 1.0 / slow_ratio_;
}

void ClockGate::issue(Time begin, Time end, double rows) {
  if (slow_ratio_ >= 1.0 || slow_ratio_ <= 0.0) return;
  close_windows(begin.ps);
  const double used = (1.0 - unused_row_) * rows;
  const auto in_window = [this](std::int64_t from_ps, std::int64_t until_ps) {
    return static_cast<double>(
        std::max<std::int64_t>(0, std::min(until_ps, window_end_ps_) - from_ps));
  };
  // Matmuls on other tiles of the array may still run: unused rows count once.
  const std::int64_t alone_ps = std::max(begin.ps, busy_until_ps_);
  work_ps_ += used * in_window(begin.ps, end.ps) + unused_row_ * in_window(alone_ps, end.ps);
  if (end.ps > busy_until_ps_) {
    busy_until_ps_ = end.ps;
    weight_ = used + unused_row_;
  }
}

}  // namespace trainyard
