// SPDX-License-Identifier: Apache-2.0
// Traces of all ranks as one graph: who waits for whom in a rank, which nodes of several ranks are
// one collective, which receive takes which send. All of it is checked here, before any time is.
//
// In a group the k-th collective of every rank is the same one, in the order of node ids; so are
// the k-th send from a rank to another with a tag and the k-th receive of them.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "chakra/execution_trace.h"
#include "chakra/trace_groups.h"

namespace trainyard {

inline constexpr std::uint32_t kNoTraceNode = std::numeric_limits<std::uint32_t>::max();

// Nodes of several ranks that are one collective.
struct TraceMeeting {
  std::uint32_t group = 0;
  TraceCollective kind = TraceCollective::all_reduce;
  double bytes = 0;                    // of the rank that has most
  std::vector<std::uint32_t> members;  // in the order of their ranks
};

// Nodes are numbered through: a trace's after those of the trace before.
struct TraceGraph {
  TracedRanks who;
  std::vector<ExecutionTrace> traces;
  std::vector<std::uint32_t> first;  // node of each trace, and one past the last
  std::vector<std::uint32_t> trace;  // of each node
  std::vector<std::uint32_t> children_first, children;
  std::vector<TraceGroup> groups;
  std::vector<TraceMeeting> meetings;
  std::vector<std::uint32_t> partner;  // a collective's meeting, a send's receive and back

  std::size_t size() const { return trace.size(); }
  const ExecutionTrace& trace_of(std::uint32_t node) const { return traces[trace[node]]; }
  const TraceNode& node(std::uint32_t at) const {
    return trace_of(at).nodes[at - first[trace[at]]];
  }
  std::span<const std::uint32_t> children_of(std::uint32_t node) const {
    return {children.data() + children_first[node],
            children_first[node + 1] - children_first[node]};
  }
  Fault fault(std::uint32_t at, std::string rule, std::string hint) const {
    return trace_of(at).fault(node(at), std::move(rule), std::move(hint));
  }
};

// Throws Fault(usage) for parents that are not there, cycles, collectives and messages that do not
// find each other.
TraceGraph link_traces(const System& system, const TracedRanks& who,
                       std::vector<ExecutionTrace> traces, const std::string& groups_file);

}  // namespace trainyard
