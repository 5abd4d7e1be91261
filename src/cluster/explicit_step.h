// SPDX-License-Identifier: Apache-2.0
// One training step with every chip as it is (L1): its own speed, noise and experts' load, links as
// they are. Replicas meet only at the end of their pipelines, so that those with the same seconds
// are one class and evaluated once, without a need to refine classes further; past a tenth of them
// in classes of their own, and with noise, every replica is evaluated.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "cluster/pipeline_lanes.h"
#include "cluster/scenario.h"
#include "cluster/step.h"

namespace trainyard {

enum class StepDepth : std::uint8_t { folded, classes, explicit_chips };
std::string depth_name(StepDepth depth);

// A kind of fault by itself, all others left out.
struct SlowdownCause {
  std::string name, what;
  double seconds = 0;
};

struct ExplicitStep {
  double seconds = 0, symmetric_s = 0;
  StepDepth depth = StepDepth::folded;
  std::string why;                      // this depth
  std::int64_t lanes = 1, classes = 1;  // replicas that go together; kinds of them, at least
  std::int64_t replicas_a_lane = 1;
  std::int64_t last_lane = 0, last_chip = -1;  // who ends last, its slowest chip; -1: all alike
  std::vector<SlowdownCause> causes;           // the largest first

  double slowdown() const { return seconds / symmetric_s; }
};

// What of `step` is whose: chips, links, neither.
LanePlan lane_plan(const Scenario& scenario, const FoldedStep& step);

// The scenario's faults at the depth that they ask for, or every replica by itself. The same bits
// on any number of threads. Of causes, only what links do is told.
ExplicitStep evaluate_explicit(const Scenario& scenario, const FoldedStep& step,
                               unsigned threads = 1, bool every_replica = false);
// With its causes.
ExplicitStep explain_faults(const Scenario& scenario, const FoldedStep& step, unsigned threads = 1);

std::string explicit_text(const ExplicitStep& step);
// The key "faults", into an object that is open.
void write_explicit(JsonWriter& json, const ExplicitStep& step);

}  // namespace trainyard
