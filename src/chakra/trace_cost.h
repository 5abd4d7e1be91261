// SPDX-License-Identifier: Apache-2.0
// How long a node of a trace takes by itself on a system.
#pragma once

#include "chakra/trace_graph.h"
#include "chakra/trace_scenario.h"
#include "cluster/operator_time.h"
#include "fabric/collective.h"

namespace trainyard {

struct ExchangeCost {
  double seconds = 0, latency_s = 0;  // the latency passes first, then bytes move
  std::vector<double> busy;           // share of a rank's links of each level while they do
};

class TraceCosts {
 public:
  explicit TraceCosts(const TraceScenario& scenario);

  // Of compute, host and memory nodes.
  double node_s(const TraceNode& node) const;
  // Whether the roofline says how long it takes.
  bool by_roofline(const TraceNode& node) const;
  ExchangeCost meeting(const TraceMeeting& meeting, const TraceGroup& group) const;
  ExchangeCost send(std::int64_t from, std::int64_t to, double bytes) const;

 private:
  ExchangeCost exchange(const GroupLayout& group, Collective kind, double bytes) const;

  const TraceScenario& scenario_;
  OperatorTimes times_;
};

// What fabric/collective.h has for it. Chakra counts what a rank puts in, the fabric a rank's whole
// tensor.
Collective fabric_collective(TraceCollective kind);
double fabric_bytes(TraceCollective kind, double comm_size, double group_size);

}  // namespace trainyard
