// SPDX-License-Identifier: Apache-2.0
#include "core/tensor_queue.h"

#include <algorithm>
#include <cmath>

namespace trainyard {

TensorQueue::TensorQueue(const Machine& machine, Time start_up)
    : gate_(machine.tensor),
      load_latency_ps_(Time::from_ns(machine.tensor.weight_load_latency_ns).ps),
      retire_clock_ps_(
          Time::from_cycles(machine.tensor.retire_latency_cycles, machine.tensor.clock_hz).ps),
      last_start_ps_(start_up.ps) {}

Time TensorQueue::weights_loaded(const Work& work, Time weights_ready, Time now) {
  if (work.weight_fill_ps == 0) return Time{};
  const std::int64_t begin =
      std::max({weights_ready.ps + load_latency_ps_, fill_end_ps_, last_start_ps_});
  const double stretch = gate_.stretch(now);
  fill_end_ps_ = begin + std::llround(static_cast<double>(work.weight_fill_ps) * stretch);
  return Time{fill_end_ps_};
}

void TensorQueue::issue(const Work& work, Time start, Time& busy_end, Time& end) {
  const double stretch = gate_.stretch(start);
  const auto occupancy = std::llround(static_cast<double>(work.occupancy_ps) * stretch);
  // Beyond the issue interval: a fixed time, and the way through the array at its clock.
  const std::int64_t tail = work.latency_ps - work.occupancy_ps +
                            std::llround(static_cast<double>(retire_clock_ps_) * (stretch - 1.0));
  busy_end = Time{start.ps + occupancy};
  end = Time{busy_end.ps + tail};
  gate_.issue(start, busy_end);
  last_start_ps_ = start.ps;
}

}  // namespace trainyard
