// SPDX-License-Identifier: Apache-2.0
// What a run of traces says: the step, what each rank did in it, and of what its longest way is
// made.
//
//   step 0.1234 s
//   the longest way, 812 nodes over 4 ranks
//     chip                 0.1 s   81.0 %
//     all-reduce          0.02 s   16.2 %
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "chakra/trace_run.h"

namespace trainyard {

// Seconds of one rank; chip, exposed and waiting make the step.
struct TraceRankTimes {
  std::int64_t rank = 0;
  std::size_t nodes = 0;
  double end_s = 0;
  double chip_s = 0;
  double exposed_s = 0;  // something of it is exchanged and its chip does nothing
  double waiting_s = 0;  // neither: for others, its host or its memory
  double exchange_s = 0, host_s = 0, memory_s = 0;  // beside each other and the chip
};

struct TracePart {
  std::string name;
  double seconds = 0;
  std::int64_t nodes = 0;
};

struct TraceReport {
  double seconds = 0;
  double alike_s = 0;  // with all chips alike, where the scenario has faults; else the same
  double apart_s = 0;  // with all links to itself for each exchange
  std::size_t nodes = 0, by_roofline = 0;
  std::vector<TraceRankTimes> ranks;
  std::int64_t path_nodes = 0, path_ranks = 0;
  std::vector<TracePart> path;        // by what is done, the longest first; their sum is the step
  std::vector<TracePart> path_names;  // the same by the nodes' names
};

TraceReport report_traces(const TraceScenario& scenario, const TraceGraph& graph,
                          const TraceRun& run);
// Reads, links and runs.
TraceReport replay_traces(const TraceScenario& scenario);

std::string traces_text(const TraceScenario& scenario, const TraceReport& report);
std::string traces_json(const TraceScenario& scenario, const TraceReport& report);

}  // namespace trainyard
