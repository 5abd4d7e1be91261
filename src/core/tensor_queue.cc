// SPDX-License-Identifier: Apache-2.0
#include "core/tensor_queue.h"

#include <algorithm>
#include <cmath>

namespace trainyard {
namespace {

std::int64_t scaled(std::int64_t ps, double stretch) {
  return std::llround(static_cast<double>(ps) * stretch);
}

}  // namespace

TensorQueue::TensorQueue(const Machine& machine, Time start_up)
    : gate_(machine.tensor),
      load_latency_ps_(Time::from_ns(machine.tensor.weight_load_latency_ns).ps),
      load_retire_ps_(Time::from_ns(machine.tensor.weight_retire_latency_ns).ps),
      retire_clock_ps_(
          Time::from_cycles(machine.tensor.retire_latency_cycles, machine.tensor.clock_hz).ps) {
  last_starts_ps_.fill(start_up.ps);
}

std::int64_t TensorQueue::last_start_ps(std::uint16_t tile) const {
  std::int64_t last = 0;
  for (std::size_t b = 0; b < last_starts_ps_.size(); ++b) {
    if ((tile >> b & 1U) != 0) last = std::max(last, last_starts_ps_[b]);
  }
  return last;
}

// LDWEIGHTS is issued before the matmul in front of it has taken its weights, but by no more than
// its own columns, and waits there (Trn2 traces: 191 for 137 ns in a steady stream).
TensorQueue::Load TensorQueue::load(const Work& work, std::int64_t ready_ps, double stretch) {
  const std::int64_t fill = scaled(work.weight_fill_ps, stretch);
  const std::int64_t last_start = last_start_ps(work.array_tile);
  Load load;
  load.start_ps = std::max({ready_ps, fill_end_ps_, last_start - fill});
  load.end_ps = std::max(load.start_ps, last_start) + fill + load_retire_ps_ +
                scaled(retire_clock_ps_, stretch);
  return load;
}

Time TensorQueue::weights_loaded(const Work& work, Time weights_ready, Time now) {
  first_load_ = {};
  if (work.weight_fill_ps == 0) return Time{};
  const double stretch = gate_.stretch(now);
  first_load_ = load(work, weights_ready.ps, stretch);
  fill_end_ps_ = std::max({weights_ready.ps + load_latency_ps_, fill_end_ps_,
                           last_start_ps(work.array_tile)}) +
                 scaled(work.weight_fill_ps, stretch);
  return Time{fill_end_ps_};
}

void TensorQueue::issue(const Work& work, std::uint32_t node, std::uint32_t instruction, Time start,
                        Time& busy_end, Time& end, BigVector<ArrayPass>& passes) {
  // Beyond the issue interval: a fixed time, and the way through the array at its clock.
  const std::int64_t tail = work.latency_ps - work.occupancy_ps - retire_clock_ps_;
  ArrayPass pass;
  pass.instruction = instruction;
  pass.start = start;
  Load loaded = first_load_;
  for (int p = 0; p < work.passes; ++p) {
    if (p > 0) {
      const double stretch = gate_.stretch(pass.busy_end);
      loaded = load(work, 0, stretch);
      fill_end_ps_ = std::max(fill_end_ps_, last_start_ps(work.array_tile)) +
                     scaled(work.weight_fill_ps, stretch);
      pass.start = Time{std::max(pass.busy_end.ps, fill_end_ps_)};
    }
    const double stretch = gate_.stretch(pass.start);
    const std::int64_t interval = std::max<std::int64_t>(
        scaled(work.occupancy_ps / work.passes, stretch), work.array_feed_ps);
    pass.load_start = Time{loaded.start_ps};
    pass.load_end = Time{loaded.end_ps};
    pass.busy_end = Time{pass.start.ps + interval};
    pass.end = Time{pass.busy_end.ps + tail + scaled(retire_clock_ps_, stretch)};
    gate_.issue(pass.start, pass.busy_end, work.array_rows);
    for (std::size_t b = 0; b < last_starts_ps_.size(); ++b) {
      if ((work.array_tile >> b & 1U) != 0) last_starts_ps_[b] = pass.start.ps;
    }
    passes.push_back(pass);
  }
  tiles_.take(work.array_tile, pass.busy_end.ps, node);
  if (pass.busy_end > busy_until_) busy_ += pass.busy_end - later(start, busy_until_);
  busy_until_ = later(busy_until_, pass.busy_end);
  busy_end = pass.busy_end;
  end = pass.end;
}

}  // namespace trainyard
