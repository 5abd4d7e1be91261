// SPDX-License-Identifier: Apache-2.0
// A training job as failures see it: how many chips it needs, what fails how often, what it saves
// and how it comes back. docs/reliability.md says what each number means and where its default,
// machines/reliability/, comes from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trainyard {

enum class Spread : std::uint8_t { fixed, exponential, lognormal };

struct Duration {
  double mean_s = 0;
  Spread spread = Spread::fixed;
  double cv = 0;  // of lognormal: deviation over mean
};

enum class Effect : std::uint8_t {
  stops,     // the job stops at once and loses what it has not saved
  corrupts,  // values go wrong unseen, until a validation finds it
  slows,     // every step takes longer, until the chip is found and swapped
  planned    // maintenance: the job saves, waits for `repair`, goes on
};

// What one component does. Rates add up: of chips, of nodes, of the job whatever its size.
struct FailureKind {
  std::string name;  // "hbm"
  Effect effect = Effect::stops;
  double per_chip_day = 0, per_node_day = 0, per_day = 0;
  Duration detection;          // from the failure, or the validation that found it, to its cause
  Duration repair;             // of the nodes it takes
  std::int64_t nodes = 1;      // taken by one failure; 0: the job starts again on the same
  double copy_lost = 0;        // probability that the in-memory checkpoint goes with it
  double slowdown = 0;         // of Effect::slows: 0.05 makes steps 5 % longer
  std::string source, origin;  // of the rate: "published", "derived", "assumed"
};

// Checkpoints of one kind, to disk or into a peer's memory.
struct CheckpointLevel {
  std::int64_t interval_steps = 0;  // 0: none of this kind
  double bytes = 0;                 // of the whole job
  double write_bytes_per_s = 0, read_bytes_per_s = 0;
  bool asynchronous = false;  // the job goes on while bytes are written
  double pause_s = 0;         // of the job for each, beside a write that blocks

  double write_s() const { return bytes > 0 ? bytes / write_bytes_per_s : 0; }
  double read_s() const { return bytes > 0 ? bytes / read_bytes_per_s : 0; }
  double blocking_s() const { return pause_s + (asynchronous ? 0 : write_s()); }
};

// Values are checked against others before every checkpoint that falls on the interval, a multiple
// of the disk checkpoints'.
struct Validation {
  std::int64_t interval_steps = 0;  // 0: never; corruption stays unfound
  double seconds = 0;
  double found = 1;  // share of corruptions that the next validation finds
};

struct Restart {
  double schedule_s = 0;  // nodes chosen, processes started
  double warm_up_s = 0;   // communicators, compilation, first steps
};

// Data-parallel replicas that go on without one whose node is lost.
struct Elastic {
  bool enabled = false;
  std::int64_t replicas = 1, replicas_min = 1;
  double regroup_s = 0;                 // to go on with other replicas, or with one more
  bool replicas_hold_the_state = true;  // false: sharded over replicas; back to a checkpoint
};

// The step of a job is the longest of its chips' steps. docs/reliability.md, "Jitter".
struct StepNoise {
  double chip_sigma_s = 0;          // deviation of one chip's step, normal,
  double chip_sigma_most = 1;       // at most this share of a step
  double hiccups_per_chip_day = 0;  // rare pauses, Pareto: longer than t with (least / t)^tail
  double hiccups_per_day = 0;       // of the job, whatever its size
  double hiccup_least_s = 0;
  double hiccup_tail = 2;
  double hiccup_most_s = 600;
  std::int64_t measured_chips = 8192;  // jobs of so many have been seen; beyond, it is a guess
};

struct ReliabilityJob {
  std::int64_t chips = 1, chips_per_node = 1;
  std::int64_t spare_nodes = 0;  // healthy and waiting; beside the job's
  double days = 54;
  // The median step with nothing failed, as it is for at most `noise_in_step_chips`; the noise of
  // the chips beyond them is added.
  double step_s = 1;
  std::int64_t noise_in_step_chips = 2048;
  std::vector<FailureKind> failures;
  double gap_shape = 1;  // Weibull shape of the times between failures; 1: exponential
  CheckpointLevel disk, memory;
  Validation validation;
  Restart restart;
  Elastic elastic;
  StepNoise noise;

  std::int64_t nodes() const { return (chips + chips_per_node - 1) / chips_per_node; }
};

// Throws Fault(usage) for what no job can be: negative, not finite, absurd or contradictory.
void check_job(const ReliabilityJob& job);

// Failures per second of the whole job: all, or those of one effect.
double failures_per_s(const ReliabilityJob& job);
double failures_per_s(const ReliabilityJob& job, Effect effect);

std::string effect_name(Effect effect);

}  // namespace trainyard
