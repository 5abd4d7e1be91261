// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_command.h"

#include <array>
#include <string>

#include "base/fault.h"
#include "cli/output.h"
#include "cli/threads.h"
#include "planner/process_group.h"
#include "planner/search.h"
#include "planner/search_view.h"

namespace trainyard {
namespace {

int plan(const Arguments& arguments) {
  SearchSpace space = read_search(read_document(arguments.text("SCENARIO")));
  if (arguments.has("--objective")) {
    const std::string wanted = arguments.text("--objective");
    constexpr std::array<Objective, 3> kAll = {Objective::time, Objective::cost, Objective::energy};
    bool known = false;
    for (const Objective objective : kAll) {
      if (objective_name(objective) != wanted) continue;
      space.objective = objective;
      known = true;
    }
    if (!known) {
      throw Fault(FaultKind::usage, "--objective \"" + wanted + "\" is unknown",
                  "there are time, cost, energy");
    }
  }
  ProcessGroup group;
  const SearchResult result = search_plans(space, threads_of(arguments), &group);
  if (group.rank() != 0) return 0;
  const bool as_json = arguments.has("--json");
  write_result(as_json ? search_json(space, result) : search_text(space, result),
               arguments.text("--json"));
  return 0;
}

}  // namespace

Command plan_command() {
  return {"plan",
          "the best parallel layout of a model on a cluster",
          {{ArgumentKind::positional, "SCENARIO", "a TOML file: docs/planner.md lists its keys"},
           {ArgumentKind::text, "--objective", "time, cost or energy"},
           {ArgumentKind::text, "--threads", "how many; all cores by default"},
           {ArgumentKind::optional_text, "--json",
            "as JSON, to standard output or to a file that follows"}},
          plan};
}

}  // namespace trainyard
