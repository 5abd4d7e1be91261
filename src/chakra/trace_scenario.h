// SPDX-License-Identifier: Apache-2.0
// A question about recorded work as its user writes it: a system, traces of its ranks, a software
// profile. docs/chakra.md lists the keys.
#pragma once

#include <cstdint>
#include <string>

#include "chakra/trace_graph.h"
#include "cluster/scenario.h"

namespace trainyard {

enum class TraceCompute : std::uint8_t {
  recorded,  // durations as they are, the roofline for nodes without one
  roofline   // of all nodes on the chip that say what they do: another chip than the recorded one
};

struct TraceScenario {
  std::string title, file;
  System system;
  std::int64_t chips = 1;
  std::string prefix;       // PREFIX.RANK.et, beside the scenario's file
  std::string groups_file;  // empty: none
  TracedRanks who;
  TraceCompute compute = TraceCompute::recorded;
  NumberFormat format = NumberFormat::bf16;  // whose peak the roofline has
  Software software;
  Faults faults;  // of chips; of links there are none
};

// It has a table [workload].
bool is_trace_scenario(const Document& document);
// Throws Fault(usage) with file, line and the way out.
TraceScenario read_trace_scenario(const Document& document);
// Reads the traces and links them.
TraceGraph load_traces(const TraceScenario& scenario);

}  // namespace trainyard
