// SPDX-License-Identifier: Apache-2.0
// A scenario's step as execution traces: one of each pipeline stage, that of its first rank, which
// stands for all others of the stage.
#pragma once

#include <string>
#include <vector>

#include "chakra/execution_trace.h"
#include "cluster/plan_groups.h"
#include "cluster/scenario.h"

namespace trainyard {

// A process group of a written trace: of ranks from `first` on.
struct WrittenGroup {
  std::string name;
  std::int64_t first = 0;
  GroupShape shape;
};

struct StepTraces {
  std::vector<ExecutionTrace> traces;
  std::vector<WrittenGroup> groups;
};

// Files are not named yet. Throws Fault(limit) where there would be more than kTraceNodesMax nodes.
StepTraces step_traces(const Scenario& scenario);

// PREFIX.RANK.et and PREFIX.groups.json. Throws Fault(usage) where one cannot be written.
void write_step_traces(const Scenario& scenario, const std::string& prefix);

}  // namespace trainyard
