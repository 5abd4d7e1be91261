// SPDX-License-Identifier: Apache-2.0
// Where a job stands after so many seconds of running: steps, and between them pauses for
// checkpoints and validations at multiples of their intervals. In closed form, so that the time
// between two failures costs the same however many steps it holds.
#pragma once

#include "reliability/job.h"

namespace trainyard {

// Steps between two pauses of each kind; each a multiple of the one before. `none` of a kind.
struct Intervals {
  static constexpr double kNone = 0x1p60;
  double memory = kNone, disk = kNone, validation = kNone;
};

// The job's intervals, the longer ones rounded to multiples of the shorter.
Intervals intervals_of(const ReliabilityJob& job);

struct Place {
  double validations = 0, disks = 0, memories = 0, steps = 0;  // each within the one before
  double in_step_s = 0, in_pause_s = 0;                        // after them
};

// Seconds by what they were spent on, since the job's first step.
struct RunningTime {
  double stepping_s = 0, memory_s = 0, validation_s = 0, disk_s = 0;
};

class PauseSchedule {
 public:
  PauseSchedule(const ReliabilityJob& job, double step_s);

  void set_step_s(double step_s);

  // Of a job that has run for `clock_s` without any failure.
  Place place_at(double clock_s) const;
  double clock_at(const Place& place) const;
  // Just past whatever pauses follow the last whole step.
  Place place_of(double steps) const;

  double steps_at(const Place& place) const;  // with the share of one that is begun
  RunningTime spent(const Place& place) const;

  // The newest checkpoint that was complete, of those after `from` steps; else `otherwise`.
  double newest_disk(const Place& place, double from, double otherwise) const;
  double newest_memory(const Place& place, double from, double otherwise) const;
  // When the first validation that is not over at `clock_s` is over.
  double next_validation_s(double clock_s) const;

  const Intervals& intervals() const { return interval_; }
  double step_s() const { return step_s_; }

 private:
  Intervals interval_;
  double step_s_ = 0;
  double memory_pause_s_, disk_pause_s_, validation_pause_s_;
  double memory_settles_s_, disk_settles_s_;  // after the pause until the bytes are safe
  double memory_cycle_s_ = 0, disk_cycle_s_ = 0, validation_cycle_s_ = 0;
  double memories_per_disk_, disks_per_validation_;
};

}  // namespace trainyard
