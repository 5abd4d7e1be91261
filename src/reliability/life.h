// SPDX-License-Identifier: Apache-2.0
// One life of a job: from its first step through whatever fails to the end of its days. Events are
// failures and what follows from them; steps and chips between two of them cost nothing.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "reliability/job.h"
#include "reliability/schedule.h"

namespace trainyard {

// What the seconds of a job went to.
enum class Cause : std::uint8_t {
  useful,     // steps at their nominal time that were kept
  rework,     // steps that were lost and done again
  jitter,     // what the slowest chip of a step added
  straggler,  // what a slow chip added until it was found
  degraded,   // replicas that were missing
  memory_checkpoint,
  disk_checkpoint,
  validation,
  detection,  // from a failure to its cause
  waiting,    // for nodes: no spare was left
  restart,    // scheduling, loading, warming up, regrouping
  maintenance,
};
inline constexpr std::size_t kCauses = 12;
const char* cause_name(Cause cause);

struct LifeOfKind {
  std::int64_t failures = 0;
  std::int64_t interruptions = 0;  // of the job: failures while it was down anyway are none
  double lost_s = 0;               // standing still and rework after them
};

struct Life {
  std::array<double, kCauses> seconds{};
  double steps = 0;  // kept
  std::vector<LifeOfKind> kinds;
  std::int64_t disk_restores = 0, memory_restores = 0, restarts_broken = 0;
  std::int64_t corruptions_unfound = 0;
  std::int64_t nodes_out_most = 0;
  bool never_returned = false;  // a restart takes so long that the next failure always comes first
};

// A Duration made ready for drawing.
struct DrawnDuration {
  Spread spread = Spread::fixed;
  double mean_s = 0, median_s = 0, sigma = 0;  // the last two of a lognormal one
};

// What all lives of a job share.
struct LifePlan {
  explicit LifePlan(const ReliabilityJob& job);

  ReliabilityJob job;
  double noise_factor = 1;                         // of the mean step over job.step_s
  std::vector<DrawnDuration> detections, repairs;  // by kind
  std::vector<double> by_size, by_job;             // per second, summed up over kinds
  double size_per_s = 0, job_per_s = 0, stops_by_size_per_s = 0, stops_by_job_per_s = 0;
  double gap_scale = 1;  // gaps of mean 1
  double nodes_per_replica = 1;
  std::int64_t replicas = 1, replicas_min = 1;

  double end_s() const { return job.days * 86'400; }
  // With this share of the job's replicas.
  double failures_per_s(double share) const { return size_per_s * share + job_per_s; }
  // Whether no restart of `length_s` will ever be left alone for so long.
  bool hopeless(double length_s, double left_s, double share) const;
  double shortest_restart_s() const;
};

inline constexpr double kFailuresOfALifeMax = 5e7;

// Life number `index` of a seed: always the same.
Life live(const LifePlan& plan, std::uint64_t seed, std::uint64_t index);

}  // namespace trainyard
