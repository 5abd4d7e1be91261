// SPDX-License-Identifier: Apache-2.0
#include "reliability/schedule.h"

#include <algorithm>
#include <cmath>

namespace trainyard {
namespace {

// Of what is never negative; std::floor is a call.
double whole(double x) {
  return static_cast<double>(static_cast<std::int64_t>(x));
}

double multiple(std::int64_t steps, double of) {
  if (steps == 0) return Intervals::kNone;
  const double wanted = static_cast<double>(steps);
  return of >= Intervals::kNone ? wanted : of * std::max(1.0, std::floor(wanted / of + 0.5));
}

double settles_s(const CheckpointLevel& level) {
  return level.interval_steps > 0 && level.asynchronous ? level.write_s() : 0;
}

}  // namespace

Intervals intervals_of(const ReliabilityJob& job) {
  Intervals intervals;
  if (job.memory.interval_steps > 0) {
    intervals.memory = static_cast<double>(job.memory.interval_steps);
  }
  intervals.disk = multiple(job.disk.interval_steps, intervals.memory);
  intervals.validation =
      multiple(job.validation.interval_steps, std::min(intervals.memory, intervals.disk));
  if (intervals.disk < Intervals::kNone) {
    intervals.validation = multiple(job.validation.interval_steps, intervals.disk);
  }
  return intervals;
}

PauseSchedule::PauseSchedule(const ReliabilityJob& job, double step_s)
    : interval_(intervals_of(job)) {
  memory_pause_s_ = job.memory.interval_steps > 0 ? job.memory.blocking_s() : 0;
  disk_pause_s_ = job.disk.interval_steps > 0 ? job.disk.blocking_s() : 0;
  validation_pause_s_ = job.validation.interval_steps > 0 ? job.validation.seconds : 0;
  memory_settles_s_ = settles_s(job.memory);
  disk_settles_s_ = settles_s(job.disk);
  // A kind that is absent pauses for nothing at the next longer interval.
  interval_.disk = std::min(interval_.disk, interval_.validation);
  interval_.memory = std::min(interval_.memory, interval_.disk);
  memories_per_disk_ = interval_.disk / interval_.memory;
  disks_per_validation_ = interval_.validation / interval_.disk;
  set_step_s(step_s);
}

void PauseSchedule::set_step_s(double step_s) {
  if (step_s == step_s_) return;
  step_s_ = step_s;
  memory_cycle_s_ = interval_.memory * step_s_ + memory_pause_s_;
  disk_cycle_s_ = memories_per_disk_ * memory_cycle_s_ + disk_pause_s_;
  validation_cycle_s_ = disks_per_validation_ * disk_cycle_s_ + validation_pause_s_;
}

Place PauseSchedule::place_at(double clock_s) const {
  Place place;
  double left_s = clock_s;
  place.validations = whole(left_s / validation_cycle_s_);
  left_s = std::max(0.0, left_s - place.validations * validation_cycle_s_);
  if (disks_per_validation_ > 1) {
    place.disks = std::min(whole(left_s / disk_cycle_s_), disks_per_validation_ - 1);
    left_s = std::max(0.0, left_s - place.disks * disk_cycle_s_);
  }
  if (memories_per_disk_ > 1) {
    place.memories = std::min(whole(left_s / memory_cycle_s_), memories_per_disk_ - 1);
    left_s = std::max(0.0, left_s - place.memories * memory_cycle_s_);
  }
  place.steps = std::min(whole(left_s / step_s_), interval_.memory);
  left_s = std::max(0.0, left_s - place.steps * step_s_);
  (place.steps < interval_.memory ? place.in_step_s : place.in_pause_s) = left_s;
  return place;
}

double PauseSchedule::clock_at(const Place& place) const {
  return place.validations * validation_cycle_s_ + place.disks * disk_cycle_s_ +
         place.memories * memory_cycle_s_ + place.steps * step_s_ + place.in_step_s +
         place.in_pause_s;
}

Place PauseSchedule::place_of(double steps) const {
  Place place;
  place.validations = whole(steps / interval_.validation);
  steps -= place.validations * interval_.validation;
  if (disks_per_validation_ > 1) {
    place.disks = whole(steps / interval_.disk);
    steps -= place.disks * interval_.disk;
  }
  if (memories_per_disk_ > 1) {
    place.memories = whole(steps / interval_.memory);
    steps -= place.memories * interval_.memory;
  }
  place.steps = whole(steps);
  place.in_step_s = (steps - place.steps) * step_s_;
  return place;
}

double PauseSchedule::steps_at(const Place& place) const {
  return place.validations * interval_.validation + place.disks * interval_.disk +
         place.memories * interval_.memory + place.steps + place.in_step_s / step_s_;
}

RunningTime PauseSchedule::spent(const Place& place) const {
  const double disks = place.validations * disks_per_validation_ + place.disks;
  RunningTime time;
  time.stepping_s = steps_at(place) * step_s_;
  time.memory_s = (disks * memories_per_disk_ + place.memories) * memory_pause_s_;
  time.disk_s = disks * disk_pause_s_;
  time.validation_s = place.validations * validation_pause_s_;
  double left_s = place.in_pause_s;
  const double memory_s = std::min(left_s, memory_pause_s_);
  left_s -= memory_s;
  const bool validates = place.disks >= disks_per_validation_ - 1;
  const double validation_s = validates ? std::min(left_s, validation_pause_s_) : 0;
  time.memory_s += memory_s;
  time.validation_s += validation_s;
  time.disk_s += left_s - validation_s;
  return time;
}

double PauseSchedule::newest_disk(const Place& place, double from, double otherwise) const {
  const double at = place.validations * interval_.validation + place.disks * interval_.disk;
  const double since_s =
      place.memories * memory_cycle_s_ + place.steps * step_s_ + place.in_step_s + place.in_pause_s;
  if (at > from && since_s >= disk_settles_s_) return at;
  return at - interval_.disk > from ? at - interval_.disk : otherwise;
}

double PauseSchedule::newest_memory(const Place& place, double from, double otherwise) const {
  const double at = place.validations * interval_.validation + place.disks * interval_.disk +
                    place.memories * interval_.memory;
  if (place.in_pause_s > 0 && place.in_pause_s >= memory_pause_s_ + memory_settles_s_) {
    return at + place.steps;
  }
  const double since_s = place.steps * step_s_ + place.in_step_s + place.in_pause_s;
  if (at > from && since_s >= memory_settles_s_) return at;
  return at - interval_.memory > from ? at - interval_.memory : otherwise;
}

double PauseSchedule::next_validation_s(double clock_s) const {
  return (whole((clock_s + disk_pause_s_) / validation_cycle_s_) + 1) * validation_cycle_s_ -
         disk_pause_s_;
}

}  // namespace trainyard
