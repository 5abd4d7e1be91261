// SPDX-License-Identifier: Apache-2.0
#include "cli/cluster_command.h"

#include "cli/output.h"
#include "cluster/scenario.h"
#include "cluster/step.h"
#include "cluster/step_view.h"

namespace trainyard {
namespace {

int cluster(const Arguments& arguments) {
  const Scenario scenario = read_scenario(read_document(arguments.text("SCENARIO")));
  const StepReport report = evaluate_step(scenario);
  const bool as_json = arguments.has("--json");
  write_result(as_json ? step_json(scenario, report) : step_text(scenario, report),
               arguments.text("--json"));
  return 0;
}

}  // namespace

Command cluster_command() {
  return {"cluster",
          "one application on one to a million chips: time, memory, energy",
          {{ArgumentKind::positional, "SCENARIO", "a TOML file: docs/cluster.md lists its keys"},
           {ArgumentKind::optional_text, "--json",
            "as JSON, to standard output or to a file that follows"}},
          cluster};
}

}  // namespace trainyard
