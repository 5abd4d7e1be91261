// SPDX-License-Identifier: Apache-2.0
// The traces' nodes in time: each begins when its parents have ended and its stream is free. One
// event a node, in the order of time, then of rank, then of id; of an exchange another where its
// bytes begin to move, and where others make it slower.
//
// Streams of a rank are its chip, its host, its memory's transfers and its sends; the collectives
// of a group follow each other and go beside all else, but share links with what else is exchanged.
// A collective begins when its last rank is there; a send goes without its receive, which ends when
// both are there.
#pragma once

#include <cstdint>
#include <vector>

#include "chakra/trace_graph.h"
#include "chakra/trace_scenario.h"

namespace trainyard {

struct NodeTimes {
  double begin_s = 0, end_s = 0;
  std::uint32_t before = kNoTraceNode;  // the node whose end let it begin
};

enum class ExchangeLinks : std::uint8_t {
  shared,
  own  // as if each had all links to itself
};

struct TraceRun {
  double seconds = 0;
  bool slowed = false;  // some exchange by another
  std::vector<NodeTimes> nodes;
};

// Throws Fault(usage) where ranks wait for each other for ever.
TraceRun run_traces(const TraceScenario& scenario, const TraceGraph& graph, ExchangeLinks links);

}  // namespace trainyard
