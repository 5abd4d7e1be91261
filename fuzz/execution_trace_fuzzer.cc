// SPDX-License-Identifier: Apache-2.0
// Any bytes as the trace that stands for all ranks: it is read, linked and run, or a fault says the
// file and a rule.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "chakra/trace_report.h"

namespace {

trainyard::TraceScenario eight_alike() {
  trainyard::TraceScenario scenario;
  scenario.system = trainyard::load_system("hgx-h100");
  scenario.chips = 8;
  scenario.who = {8, 8};
  return scenario;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const trainyard::TraceScenario scenario = eight_alike();
  try {
    std::vector<trainyard::ExecutionTrace> traces;
    traces.push_back(trainyard::parse_execution_trace(
        std::string_view(reinterpret_cast<const char*>(data), size), "t.0.et", 0));
    const trainyard::TraceGraph graph =
        trainyard::link_traces(scenario.system, scenario.who, std::move(traces), "");
    const trainyard::TraceRun run = trainyard::run_traces(scenario, graph);
    if (!(trainyard::report_traces(scenario, graph, run).seconds >= 0)) abort();
  } catch (const trainyard::Fault& fault) {
    const bool told = fault.kind() == trainyard::FaultKind::usage && !fault.rule().empty() &&
                      !fault.hint().empty() && fault.instruction() == "t.0.et";
    if (!told) abort();
  }
  return 0;
}
