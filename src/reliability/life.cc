// SPDX-License-Identifier: Apache-2.0
#include "reliability/life.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "reliability/due_list.h"
#include "reliability/failure_stream.h"
#include "reliability/node_pool.h"

namespace trainyard {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr double kNone = -1;  // no such position

class Living {
 public:
  Living(const LifePlan& plan, std::uint64_t seed, std::uint64_t index)
      : plan_(plan),
        job_(plan.job),
        failures_(plan, seed, index),
        nodes_(plan),
        end_s_(plan.end_s()),
        schedule_(plan.job, plan.job.step_s * plan.noise_factor) {
    life_.kinds.resize(job_.failures.size());
    activate(plan.replicas);
    begin_at(0);
  }

  Life live() {
    while (now_s_ < end_s_) run();
    finish();
    return std::move(life_);
  }

 private:
  // ---- what time goes to
  double& seconds(Cause cause) { return life_.seconds[static_cast<std::size_t>(cause)]; }

  void pass(double until_s, Cause cause) {
    seconds(cause) += until_s - now_s_;
    now_s_ = until_s;
  }

  void run_until(double until_s) {
    clock_s_ += until_s - now_s_;
    now_s_ = until_s;
    place_ = schedule_.place_at(clock_s_);
    const RunningTime spent = schedule_.spent(place_);
    seconds(Cause::memory_checkpoint) += spent.memory_s - spent_.memory_s;
    seconds(Cause::disk_checkpoint) += spent.disk_s - spent_.disk_s;
    seconds(Cause::validation) += spent.validation_s - spent_.validation_s;
    // A step takes nominal * noise * slow / share.
    const double nominal_s =
        (spent.stepping_s - spent_.stepping_s) * job_.step_s / schedule_.step_s();
    const double noisy_s = nominal_s * plan_.noise_factor, slow_s = noisy_s * slow_;
    stepped_s_ += nominal_s;
    seconds(Cause::jitter) += noisy_s - nominal_s;
    seconds(Cause::straggler) += slow_s - noisy_s;
    seconds(Cause::degraded) += slow_s / share_ - slow_s;
    spent_ = spent;
  }

  double down_s() const {
    const auto of = [&](Cause cause) { return life_.seconds[static_cast<std::size_t>(cause)]; };
    return of(Cause::detection) + of(Cause::waiting) + of(Cause::restart) + of(Cause::maintenance);
  }

  void finish() {
    const double kept_s = schedule_.steps_at(place_) * job_.step_s;
    const double useful_s = running_ ? kept_s : std::max(0.0, restored_steps() * job_.step_s);
    seconds(Cause::useful) = useful_s;
    seconds(Cause::rework) = std::max(0.0, stepped_s_ - useful_s);
    life_.steps = useful_s / job_.step_s;
    life_.nodes_out_most = nodes_.most_out();
  }

  // ---- failures
  void activate(std::int64_t replicas) {
    active_ = replicas;
    share_ = static_cast<double>(active_) / static_cast<double>(plan_.replicas);
    failures_.set_share(share_);
  }
  double failure_s() const { return now_s_ + failures_.next_s(); }
  std::size_t fail() {
    const std::size_t kind = failures_.fail();
    ++life_.kinds[kind].failures;
    return kind;
  }

  // Nodes and copies that a failure takes with it.
  void take(std::size_t kind) {
    const FailureKind& what = job_.failures[kind];
    if (job_.memory.interval_steps > 0 && failures_.happens(what.copy_lost)) memory_ = kNone;
    if (what.nodes > 0) nodes_.take(what.nodes, now_s_ + failures_.draw(plan_.repairs[kind]));
  }

  // ---- running
  void set_speed() {
    slow_ = 1;
    for (const DueList::Due& straggler : stragglers_.all()) {
      slow_ = std::max(slow_, 1 + job_.failures[static_cast<std::size_t>(straggler.what)].slowdown);
    }
    schedule_.set_step_s(job_.step_s * plan_.noise_factor * slow_ / share_);
  }

  void begin_at(double steps) {
    set_speed();
    stand_at(schedule_.place_of(steps));
    from_ = steps;
    running_ = true;
  }

  void stand_at(const Place& place) {
    clock_s_ = schedule_.clock_at(place);
    place_ = place;
    spent_ = schedule_.spent(place_);
  }

  void change_speed() {
    const double before_s = schedule_.step_s();
    set_speed();
    Place place = place_;
    place.in_step_s *= schedule_.step_s() / before_s;
    stand_at(place);
  }

  void run() {
    const double failure = failure_s(), straggler = stragglers_.next_s();
    const double repaired = active_ < plan_.replicas ? nodes_.next_repair_s() : kNever;
    const double found =
        corrupt_ >= 0 ? now_s_ + schedule_.next_validation_s(clock_s_) - clock_s_ : kNever;
    const double next = std::max(now_s_, std::min({failure, straggler, repaired, found}));
    const double before_s = now_s_;
    if (next >= end_s_) return run_until(end_s_);
    run_until(next);
    if (failure <= next) return fail_running();
    failures_.wear(now_s_ - before_s);
    if (found <= next) return find_corruption();
    if (straggler <= next) return find_straggler();
    rejoin();
  }

  void fail_running() {
    const std::size_t kind = fail();
    switch (job_.failures[kind].effect) {
      case Effect::stops:
        return crash(kind);
      case Effect::corrupts:
        return corrupt(kind);
      case Effect::slows:
        stragglers_.add(now_s_ + failures_.draw(plan_.detections[kind]),
                        static_cast<std::int64_t>(kind));
        return change_speed();
      case Effect::planned:
        return stop_orderly(kind, failures_.draw(plan_.repairs[kind]));
    }
  }

  void corrupt(std::size_t kind) {
    if (job_.validation.interval_steps == 0 || !failures_.happens(job_.validation.found)) {
      ++life_.corruptions_unfound;
      return;
    }
    if (corrupt_ >= 0) return;  // the earlier one is found with it
    note_saved();
    corrupt_ = schedule_.steps_at(place_);
    corrupt_kind_ = kind;
  }

  // Which checkpoints were complete by now.
  void note_saved() {
    if (job_.disk.interval_steps > 0) {
      const double newest = schedule_.newest_disk(place_, from_, kNone);
      if (newest > from_) {
        disk_ = newest;
        const double every = schedule_.intervals().validation;
        const double valid = std::floor(newest / every) * every;
        if (valid > from_ && (corrupt_ < 0 || valid <= corrupt_)) validated_ = valid;
      }
    }
    if (job_.memory.interval_steps > 0) {
      memory_ = schedule_.newest_memory(place_, from_, memory_);
    }
  }

  // ---- standing still
  double restored_steps() const { return kept_ != kNone ? kept_ : std::max(disk_, memory_); }

  void crash(std::size_t kind) {
    ++life_.kinds[kind].interruptions;
    note_saved();
    const double done = schedule_.steps_at(place_);
    const bool survives =
        job_.elastic.enabled && job_.elastic.replicas_hold_the_state && active_ >= 2;
    kept_ = survives ? std::floor(done) : kNone;
    take(kind);
    come_back(kind, done, true);
  }

  void find_corruption() {
    note_saved();
    const std::size_t kind = corrupt_kind_;
    ++life_.kinds[kind].interruptions;
    const double done = schedule_.steps_at(place_);
    disk_ = validated_;
    memory_ = kNone;
    kept_ = kNone;
    corrupt_ = kNone;
    take(kind);
    memory_ = kNone;
    come_back(kind, done, true);
  }

  void find_straggler() {
    const auto kind = static_cast<std::size_t>(stragglers_.take());
    take(kind);
    stop_orderly(kind, 0);
  }

  // Saves first, so that no step is lost.
  void stop_orderly(std::size_t kind, double hold_s) {
    ++life_.kinds[kind].interruptions;
    note_saved();
    const double done = schedule_.steps_at(place_);
    running_ = false;
    const bool disk = job_.disk.interval_steps > 0, memory = job_.memory.interval_steps > 0;
    kept_ = kNone;
    if (job_.elastic.enabled && job_.elastic.replicas_hold_the_state) {
      kept_ = done;
    } else if (disk || memory) {
      const CheckpointLevel& level = disk ? job_.disk : job_.memory;
      std::size_t broken_by = 0;
      if (!stays_up(level.pause_s + level.write_s(),
                    disk ? Cause::disk_checkpoint : Cause::memory_checkpoint, broken_by)) {
        if (now_s_ >= end_s_) {
          kept_ = done;
          return;
        }
        ++life_.kinds[broken_by].interruptions;
        return come_back(broken_by, done, true);
      }
      if (disk) disk_ = done;
      if (memory) memory_ = done;
    }
    stand_still(hold_s, Cause::maintenance);
    come_back(kind, done, false);
  }

  // A pause with the job down; what fails meanwhile takes nodes and no more time.
  void stand_still(double length_s, Cause cause) {
    const double until_s = std::min(end_s_, now_s_ + length_s);
    while (failure_s() < until_s) {
      pass(failure_s(), cause);
      take_if_it_stops(fail());
    }
    failures_.wear(until_s - now_s_);
    pass(until_s, cause);
  }
  void take_if_it_stops(std::size_t kind) {
    if (job_.failures[kind].effect == Effect::stops) take(kind);
  }

  // False when a failure or the end comes first; the failure is taken.
  bool stays_up(double length_s, Cause cause, std::size_t& broken_by) {
    const double until_s = std::min(end_s_, now_s_ + length_s);
    while (failure_s() < until_s) {
      pass(failure_s(), cause);
      const std::size_t kind = fail();
      if (job_.failures[kind].effect != Effect::stops) continue;
      take(kind);
      broken_by = kind;
      return false;
    }
    failures_.wear(until_s - now_s_);
    pass(until_s, cause);
    return now_s_ < end_s_;
  }

  void wait_for_nodes() {
    nodes_.collect(now_s_);
    while (nodes_.usable_replicas() < plan_.replicas_min && now_s_ < end_s_) {
      stand_still(std::min(end_s_, nodes_.next_repair_s()) - now_s_, Cause::waiting);
      nodes_.collect(now_s_);
    }
  }

  double restart_s() const {
    if (kept_ != kNone) return job_.elastic.regroup_s;
    const bool from_memory = memory_ != kNone && memory_ >= disk_;
    const double load_s = from_memory                    ? job_.memory.read_s()
                          : job_.disk.interval_steps > 0 ? job_.disk.read_s()
                                                         : 0;
    if (job_.elastic.enabled) return job_.elastic.regroup_s + load_s;
    return job_.restart.schedule_s + load_s + job_.restart.warm_up_s;
  }

  // Until the job steps again. `done`: where it stood; `kind`: what time lost is charged to.
  void come_back(std::size_t kind, double done, bool detect) {
    const double before_s = down_s();
    const std::size_t charged = kind;
    running_ = false;
    while (now_s_ < end_s_) {
      if (plan_.hopeless(restart_s(), end_s_ - now_s_, share_)) {
        life_.never_returned = true;
        pass(end_s_, Cause::restart);
        break;
      }
      while (stragglers_.next_s() <= now_s_) take(static_cast<std::size_t>(stragglers_.take()));
      if (detect) stand_still(failures_.draw(plan_.detections[kind]), Cause::detection);
      wait_for_nodes();
      if (now_s_ >= end_s_) break;
      activate(std::max(nodes_.usable_replicas(), plan_.replicas_min));
      if (stays_up(restart_s(), Cause::restart, kind)) {
        resume();
        break;
      }
      if (now_s_ >= end_s_) break;
      ++life_.restarts_broken;
      ++life_.kinds[kind].interruptions;
      detect = true;
    }
    const double lost_steps = std::max(0.0, done - (running_ ? from_ : restored_steps()));
    life_.kinds[charged].lost_s += down_s() - before_s + lost_steps * job_.step_s;
  }

  void resume() {
    const double steps = std::max(0.0, restored_steps());
    if (kept_ == kNone) {
      const bool from_memory = memory_ != kNone && memory_ >= disk_;
      ++(from_memory ? life_.memory_restores : life_.disk_restores);
      if (job_.memory.interval_steps > 0) memory_ = steps;
    }
    if (steps <= corrupt_) corrupt_ = kNone;
    kept_ = kNone;
    begin_at(steps);
  }

  // A replica is whole again. Regrouping for it is worth its pause when the next interruption,
  // which would do it for nothing, is far.
  void rejoin() {
    nodes_.collect(now_s_);
    const std::int64_t ready = nodes_.usable_replicas();
    if (ready <= active_) return;
    const double gain = static_cast<double>(ready - active_) / static_cast<double>(plan_.replicas);
    const double until_s = std::min(end_s_ - now_s_, 1 / plan_.failures_per_s(share_));
    if (gain * until_s <= job_.elastic.regroup_s) return;
    note_saved();
    const double done = schedule_.steps_at(place_);
    kept_ = done;
    running_ = false;
    std::size_t broken_by = 0;
    if (stays_up(job_.elastic.regroup_s, Cause::restart, broken_by)) {
      activate(ready);
      return resume();
    }
    if (now_s_ >= end_s_) return;
    ++life_.kinds[broken_by].interruptions;
    if (!job_.elastic.replicas_hold_the_state) kept_ = kNone;
    come_back(broken_by, done, true);
  }

  const LifePlan& plan_;
  const ReliabilityJob& job_;
  FailureStream failures_;
  NodePool nodes_;
  DueList stragglers_;  // when each is found
  Life life_;
  double end_s_, now_s_ = 0;
  std::int64_t active_ = 0;  // replicas
  double share_ = 1;         // of all of them
  double slow_ = 1;

  bool running_ = false;
  PauseSchedule schedule_;
  double clock_s_ = 0;  // of the schedule, at its present speed
  Place place_;
  RunningTime spent_;
  double from_ = 0;  // steps, where the job has last begun to run
  double stepped_s_ = 0;

  // Positions in steps. The job's start can always be had again.
  double disk_ = 0, memory_ = kNone, validated_ = 0;
  double kept_ = kNone;     // of replicas that stay, while the job is down
  double corrupt_ = kNone;  // since when values are wrong that a validation will find
  std::size_t corrupt_kind_ = 0;
};

}  // namespace

Life live(const LifePlan& plan, std::uint64_t seed, std::uint64_t index) {
  return Living(plan, seed, index).live();
}

}  // namespace trainyard
