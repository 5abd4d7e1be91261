// SPDX-License-Identifier: Apache-2.0
// How long a node of a trace takes by itself on a system.
#pragma once

#include "chakra/trace_graph.h"
#include "chakra/trace_scenario.h"
#include "cluster/operator_time.h"
#include "fabric/collective.h"

namespace trainyard {

class TraceCosts {
 public:
  explicit TraceCosts(const TraceScenario& scenario);

  // Of compute, host and memory nodes.
  double node_s(const TraceNode& node) const;
  // Whether the roofline says how long it takes.
  bool by_roofline(const TraceNode& node) const;
  double meeting_s(const TraceMeeting& meeting, const TraceGroup& group) const;
  double send_s(std::int64_t from, std::int64_t to, double bytes) const;

 private:
  const TraceScenario& scenario_;
  OperatorTimes times_;
};

// What fabric/collective.h has for it. Chakra counts what a rank puts in, the fabric a rank's whole
// tensor.
Collective fabric_collective(TraceCollective kind);
double fabric_bytes(TraceCollective kind, double comm_size, double group_size);

}  // namespace trainyard
