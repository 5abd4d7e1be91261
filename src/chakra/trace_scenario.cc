// SPDX-License-Identifier: Apache-2.0
#include "chakra/trace_scenario.h"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/table_reader.h"

namespace trainyard {
namespace {

namespace fs = std::filesystem;

// A name in the scenario's file starts from its folder.
std::string beside(const std::string& file, const std::string& name) {
  return (fs::path(file).parent_path() / name).string();
}

// Of chips: what a trace says of exchanges and experts is taken as it is.
Faults read_chip_faults(TableReader& table, const TraceScenario& scenario) {
  for (const char* const key : {"link", "expert_loads", "expert_zipf"}) {
    if (table.has(key)) {
      throw table.fault(key, "recorded traces run with chips that are not alike, not with this",
                        "chip, racks, slow_share with slow_speed, step_jitter or jitter");
    }
  }
  Faults faults = read_faults(table, scenario.system, scenario.chips, Plan{});
  if (faults.jitter > 0 && scenario.who.represents > scenario.system.chip.ranks) {
    throw table.fault("jitter",
                      fmt::format("a trace stands for {} ranks, and no two chips have the same "
                                  "noise",
                                  scenario.who.represents),
                      "a trace for each chip: workload.represents is at most its ranks");
  }
  return faults;
}

}  // namespace

bool is_trace_scenario(const Document& document) {
  return document.root.find("workload") != nullptr;
}

TraceScenario read_trace_scenario(const Document& document) {
  TraceScenario scenario;
  scenario.file = document.file;
  TableReader root(document);
  scenario.title = root.words("title", fs::path(document.file).stem().string());
  TableReader system = root.table("system");
  scenario.system = read_system_and_chips(system, scenario.chips);
  TableReader workload = root.table("workload");
  scenario.prefix = beside(document.file, workload.words("chakra"));
  if (workload.has("groups")) {
    scenario.groups_file = beside(document.file, workload.words("groups"));
  }
  TracedRanks& who = scenario.who;
  who.ranks = scenario.chips * scenario.system.chip.ranks;
  who.represents = workload.count("represents", 1);
  if (who.ranks % who.represents != 0) {
    throw workload.fault(
        "represents", fmt::format("{} ranks are not cut evenly into {}", who.ranks, who.represents),
        "each trace stands for as many ranks as every other");
  }
  scenario.compute =
      workload.choice_of<TraceCompute>("compute", {"recorded", "roofline"}, "recorded");
  scenario.format = read_format(workload);
  workload.finish();
  TableReader software = root.table("software");
  scenario.software = read_software_terms(software);
  TableReader faults = root.table("faults");
  scenario.faults = read_chip_faults(faults, scenario);
  root.finish();
  return scenario;
}

TraceGraph load_traces(const TraceScenario& scenario) {
  std::vector<ExecutionTrace> traces;
  std::size_t nodes = 0;
  for (std::size_t i = 0; i < scenario.who.traces(); ++i) {
    const std::int64_t rank = scenario.who.rank_of(i);
    const std::string file = trace_file(scenario.prefix, rank);
    if (!fs::exists(file)) {
      throw Fault(FaultKind::usage,
                  fmt::format("the trace of rank {} is missing: {} chips of {} have {} ranks", rank,
                              scenario.chips, scenario.system.name, scenario.who.ranks),
                  "record it, change [system] chips, or let one trace stand for several ranks: "
                  "[workload] represents")
          .in(file);
    }
    traces.push_back(read_execution_trace(file, rank));
    nodes += traces.back().nodes.size();
    if (nodes > kTraceNodesMax) break;  // linking says so
  }
  return link_traces(scenario.system, scenario.who, std::move(traces), scenario.groups_file);
}

}  // namespace trainyard
