// SPDX-License-Identifier: Apache-2.0
// Turns instructions and transfers into femtojoules per component and window.
#pragma once

#include <array>
#include <cstdint>

#include "core/timeline.h"
#include "energy/energy_report.h"

namespace trainyard {

class Accountant {
 public:
  Accountant(const Program& program, const Timeline& timeline, const Machine& machine);

  // Returns the femtojoules that instruction `i` of the stream took in all.
  std::int64_t add_instruction(std::uint32_t i);
  void add_spill(const Transfer& transfer);
  void add(Component component, Time from, Time to, std::int64_t fj);

  std::int64_t fj(Component c) const { return fj_[static_cast<std::size_t>(c)]; }
  const WindowSeries& series(Component c) const { return series_[static_cast<std::size_t>(c)]; }
  const EventCounts& counts() const { return counts_; }

 private:
  // `count` events of `pj` each.
  void add_events(Component component, Time from, Time to, std::int64_t count, double pj);
  // TensorE: scaled by what the clock was between `from` and `to`.
  void add_clocked(Component component, Time from, Time to, std::int64_t count, double pj);
  void add_tensor_work(const Cost& cost, const Span& span);
  void add_lane_work(const Cost& cost, const Span& span);
  void add_on_chip_bytes(const Traffic& traffic, Time from, Time to);
  void add_hbm_bytes(std::int64_t read, std::int64_t written, Time from, Time to);
  void add_exchange(const Exchange& exchange, Time from, Time to);
  // HBM, network and descriptors; a transfer's bytes on chip are its instruction's operands.
  void add_transfer(const Transfer& transfer);

  const Program& program_;
  const Timeline& timeline_;
  const Machine& machine_;
  std::array<std::int64_t, kComponentCount> fj_{};
  std::array<WindowSeries, kComponentCount> series_;
  EventCounts counts_;
  std::int64_t added_fj_ = 0;  // of the instruction at hand
};

}  // namespace trainyard
