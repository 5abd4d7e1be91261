// SPDX-License-Identifier: Apache-2.0
#include "cli/cluster_command.h"

#include "cli/output.h"
#include "cluster/cluster_view.h"
#include "cluster/scenario.h"

namespace trainyard {
namespace {

int cluster(const Arguments& arguments) {
  const Scenario scenario = read_scenario(read_document(arguments.text("SCENARIO")));
  const ClusterAnswer answered = answer(scenario);
  const bool as_json = arguments.has("--json");
  write_result(as_json ? cluster_json(scenario, answered) : cluster_text(scenario, answered),
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
