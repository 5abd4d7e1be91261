// SPDX-License-Identifier: Apache-2.0
// Flows run to their ends: each starts at its time with its bytes, goes at its max-min fair rate,
// and rates are found again whenever a flow starts or ends. Flows that cannot be told apart are run
// as one, and those that share no link, not even through others, are run apart.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "fabric/max_min.h"

namespace trainyard {

struct FlowProgress {
  double time_s = 0;
  std::uint64_t ended = 0, flows = 0;  // of those that are run
  std::uint64_t events = 0;
};

struct FlowRunOptions {
  // Flows that would end within this share of their own time are taken to end together, each at the
  // time it would. 1e-9 joins what differs by rounding; 0.01 bounds the events where all differ.
  double resolution = 1e-9;
  // Links read in all events together; a run that needs more is refused. About 100 million a
  // second.
  std::uint64_t work_max = 20'000'000'000;
  // Called at every event; the run ends with a Fault (interrupted) when it says false.
  std::function<bool(const FlowProgress&)> progress = {};
};

struct FlowRun {
  std::vector<double> end_s;           // of each flow, without the latency of its path
  std::vector<std::uint32_t> held_by;  // the full link that held its rate when it ended, or kNoLink
  std::uint64_t events = 0;            // times that rates were found
  std::uint64_t flows_run = 0;         // after like flows were put together
};

// `start_s` may be empty: all start at 0.
FlowRun run_flows(const FlowPaths& paths, std::span<const double> bytes_per_s,
                  std::span<const double> bytes, std::span<const double> start_s = {},
                  const FlowRunOptions& options = {});

}  // namespace trainyard
