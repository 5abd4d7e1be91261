// SPDX-License-Identifier: Apache-2.0
// What degraded and failed links do to the exchanges that cross them: collectives over explicit
// links (fabric/link_collective.h), with the faults and without, of the smallest unit of the system
// that holds whole groups and the link.
#pragma once

#include <string>
#include <vector>

#include "cluster/pipeline_lanes.h"
#include "cluster/scenario.h"
#include "cluster/step.h"

namespace trainyard {

struct LinkSlowness {
  double data = 1;                // of the exchange between replicas
  std::vector<std::string> told;  // "exchange of the tensor group takes 1.8 times as long ..."
};

// Sets the state's factors of each cell.
LinkSlowness link_slowness(const Scenario& scenario, const FoldedStep& step, const LanePlan& plan,
                           LaneState& state);

}  // namespace trainyard
