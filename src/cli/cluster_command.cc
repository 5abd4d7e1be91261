// SPDX-License-Identifier: Apache-2.0
#include "cli/cluster_command.h"

#include <functional>

#include "chakra/step_traces.h"
#include "chakra/trace_report.h"
#include "cli/output.h"
#include "cluster/cluster_view.h"
#include "cluster/scenario.h"
#include "cluster_report/page.h"
#include "serving/simulate.h"
#include "serving_report/serving_page.h"

namespace trainyard {
namespace {

using Written = std::function<std::string()>;

// An answer in the ways that a user can ask for.
struct Ways {
  Written text, json;
  std::function<std::string(const std::string& scenario_text)> page;  // none for some
};

void refuse(const Arguments& arguments, const char* option, const std::string& what) {
  if (!arguments.has(option)) return;
  throw Fault(FaultKind::not_modelled, std::string(option) + " is not there for " + what,
              std::string("leave ") + option + " out, or take --json");
}

// Files that were asked for, and the text unless they were.
int write(const Arguments& arguments, const Ways& ways, const Written& operators = {}) {
  bool text = true;
  if (arguments.has("--report")) {
    constexpr std::size_t kScenarioBytesMax = 1 << 20;
    const std::string scenario =
        read_text(arguments.text("SCENARIO"), "the scenario", kScenarioBytesMax);
    write_result(ways.page(scenario), arguments.text("--report"));
    text = false;
  }
  if (arguments.has("--operators")) {
    write_result(operators(), arguments.text("--operators"));
    text = false;
  }
  if (arguments.has("--json")) {
    write_result(ways.json(), arguments.text("--json"));
  } else if (text) {
    write_result(ways.text());
  }
  return 0;
}

int serving(const Document& document, const Arguments& arguments) {
  for (const char* option : {"--chakra-out", "--operators"}) {
    refuse(arguments, option, "a served model");
  }
  const ServingScenario scenario = read_serving(document);
  const ServingAnswer answered = answer(scenario);
  return write(arguments,
               {[&] { return serving_text(scenario, answered); },
                [&] { return serving_json(scenario, answered); },
                [&](const std::string& text) { return serving_html(scenario, answered, text); }});
}

int traces(const Document& document, const Arguments& arguments) {
  for (const char* option : {"--report", "--chakra-out", "--operators"}) {
    refuse(arguments, option, "execution traces");
  }
  const TraceScenario scenario = read_trace_scenario(document);
  const TraceReport report = replay_traces(scenario);
  return write(arguments, {[&] { return traces_text(scenario, report); },
                           [&] { return traces_json(scenario, report); },
                           {}});
}

int training(const Document& document, const Arguments& arguments) {
  const Scenario scenario = read_scenario(document);
  if (arguments.has("--chakra-out")) write_step_traces(scenario, arguments.text("--chakra-out"));
  const ClusterAnswer answered = answer(scenario, arguments.has("--report"));
  return write(arguments,
               {[&] { return cluster_text(scenario, answered); },
                [&] { return cluster_json(scenario, answered); },
                [&](const std::string& text) { return cluster_html(scenario, answered, text); }},
               [&] { return operators_csv(answered.operators); });
}

int cluster(const Arguments& arguments) {
  const Document document = read_document(arguments.text("SCENARIO"));
  if (is_serving(document)) return serving(document, arguments);
  if (is_trace_scenario(document)) return traces(document, arguments);
  return training(document, arguments);
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
