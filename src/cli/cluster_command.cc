// SPDX-License-Identifier: Apache-2.0
#include "cli/cluster_command.h"

#include "chakra/step_traces.h"
#include "chakra/trace_report.h"
#include "cli/output.h"
#include "cluster/cluster_view.h"
#include "cluster/scenario.h"
#include "cluster_report/page.h"
#include "serving/simulate.h"

namespace trainyard {
namespace {

// What only a training step has.
void refuse(const Arguments& arguments, const std::string& what) {
  for (const char* const option : {"--report", "--chakra-out", "--operators"}) {
    if (!arguments.has(option)) continue;
    throw Fault(FaultKind::not_modelled, std::string(option) + " is not there for " + what,
                std::string("leave ") + option + " out, or take --json");
  }
}

int serving(const Document& document, const Arguments& arguments) {
  refuse(arguments, "a served model");
  const ServingScenario scenario = read_serving(document);
  const ServingReport report = serve(scenario);
  write_result(
      arguments.has("--json") ? serving_json(scenario, report) : serving_text(scenario, report),
      arguments.text("--json"));
  return 0;
}

int traces(const Document& document, const Arguments& arguments) {
  refuse(arguments, "execution traces");
  const TraceScenario scenario = read_trace_scenario(document);
  const TraceReport report = replay_traces(scenario);
  write_result(
      arguments.has("--json") ? traces_json(scenario, report) : traces_text(scenario, report),
      arguments.text("--json"));
  return 0;
}

int cluster(const Arguments& arguments) {
  const std::string file = arguments.text("SCENARIO");
  const Document document = read_document(file);
  if (is_serving(document)) return serving(document, arguments);
  if (is_trace_scenario(document)) return traces(document, arguments);
  const Scenario scenario = read_scenario(document);
  if (arguments.has("--chakra-out")) write_step_traces(scenario, arguments.text("--chakra-out"));
  const bool as_page = arguments.has("--report");
  const ClusterAnswer answered = answer(scenario, as_page);
  if (as_page) {
    constexpr std::size_t kScenarioBytesMax = 1 << 20;
    const std::string text = read_text(file, "the scenario", kScenarioBytesMax);
    write_result(cluster_html(scenario, answered, text), arguments.text("--report"));
    if (!arguments.has("--json") && !arguments.has("--operators")) return 0;
  }
  if (arguments.has("--operators")) {
    write_result(operators_csv(answered.operators), arguments.text("--operators"));
    if (!arguments.has("--json")) return 0;
  }
  const bool as_json = arguments.has("--json");
  write_result(as_json ? cluster_json(scenario, answered) : cluster_text(scenario, answered),
               arguments.text("--json"));
  return 0;
}

}  // namespace

Command cluster_command() {
  return {"cluster",
          "one application on one to a million chips: training, serving or recorded traces",
          {{ArgumentKind::positional, "SCENARIO", "a TOML file: docs/cluster.md lists its keys"},
           {ArgumentKind::optional_text, "--json",
            "as JSON, to standard output or to a file that follows"},
           {ArgumentKind::text, "--operators",
            "the times of its operators, to this file: a table for [operators]"},
           {ArgumentKind::text, "--report", "as one HTML page with pictures, to this file"},
           {ArgumentKind::text, "--chakra-out",
            "the step as Chakra execution traces too: PREFIX.RANK.et of each pipeline stage"}},
          cluster};
}

}  // namespace trainyard
