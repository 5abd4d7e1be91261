// SPDX-License-Identifier: Apache-2.0
#include "chakra/trace_cost.h"

#include <algorithm>

namespace trainyard {

// What has a root goes as that one whose busiest rank sends or takes as much.
Collective fabric_collective(TraceCollective kind) {
  switch (kind) {
    case TraceCollective::all_reduce:
    case TraceCollective::barrier:
      return Collective::all_reduce;
    case TraceCollective::all_gather:
    case TraceCollective::gather:
    case TraceCollective::broadcast:
      return Collective::all_gather;
    case TraceCollective::all_to_all:
      return Collective::all_to_all;
    case TraceCollective::reduce:
    case TraceCollective::scatter:
    case TraceCollective::reduce_scatter:
    case TraceCollective::reduce_scatter_block:
      break;
  }
  return Collective::reduce_scatter;
}

double fabric_bytes(TraceCollective kind, double comm_size, double group_size) {
  constexpr double kBarrierBytes = 4;  // one number added up
  if (kind == TraceCollective::barrier) return kBarrierBytes;
  const bool gathers = kind == TraceCollective::all_gather || kind == TraceCollective::gather;
  return gathers ? comm_size * group_size : comm_size;
}

TraceCosts::TraceCosts(const TraceScenario& scenario)
    : scenario_(scenario), times_(scenario.system, scenario.software, scenario.format) {}

bool TraceCosts::by_roofline(const TraceNode& node) const {
  const bool on_chip = node.kind == TraceNodeKind::compute && !node.on_host;
  const bool says = node.operations > 0 || node.bytes > 0;
  return on_chip && says && (node.seconds == 0 || scenario_.compute == TraceCompute::roofline);
}

double TraceCosts::node_s(const TraceNode& node) const {
  if (by_roofline(node)) {
    const double rate = times_.peak_flop_per_s() * scenario_.system.chip.matmul_sustained *
                        scenario_.software.matmul_efficiency;
    return std::max(node.operations / rate, times_.memory_s(node.bytes));
  }
  const bool moves = node.kind == TraceNodeKind::load || node.kind == TraceNodeKind::store;
  if (moves && node.seconds == 0) return times_.memory_s(node.bytes);
  return node.seconds;
}

ExchangeCost TraceCosts::exchange(const GroupLayout& group, Collective kind, double bytes) const {
  const CollectiveCost cost = collective_cost(scenario_.system, group, kind, bytes);
  return {cost.seconds, cost.latency_s, links_kept_busy(scenario_.system, group, kind, cost)};
}

ExchangeCost TraceCosts::meeting(const TraceMeeting& meeting, const TraceGroup& group) const {
  return exchange(group.layout, fabric_collective(meeting.kind),
                  fabric_bytes(meeting.kind, meeting.bytes, group.layout.size));
}

ExchangeCost TraceCosts::send(std::int64_t from, std::int64_t to, double bytes) const {
  const GroupLayout pair = lay_ranks(scenario_.system, {std::min(from, to), std::max(from, to)});
  return exchange(pair, Collective::send, bytes);
}

}  // namespace trainyard
