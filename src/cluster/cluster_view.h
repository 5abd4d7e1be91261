// SPDX-License-Identifier: Apache-2.0
// The whole answer to a scenario: the step, what limits it, what the run costs, and the assumed
// numbers that the answer rests on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/explicit_step.h"
#include "cluster/limits.h"
#include "cluster/operator_list.h"
#include "cluster/reliability_terms.h"
#include "cluster/run_cost.h"
#include "cluster/sensitivity.h"
#include "cluster/step.h"

namespace trainyard {

struct ClusterAnswer {
  StepReport step;
  std::vector<ListedOperator> operators;
  std::vector<Limit> limits;
  RunCost cost;
  SensitivityReport sensitivity;
  std::optional<GoodputAnswer> goodput;  // of a scenario with [reliability]
  std::optional<ExplicitStep> faults;    // where the scenario has any; all above is without them

  // Share of the time that goes into what a step without faults would do, where there are both.
  double goodput_with_faults() const { return goodput->goodput.goodput.mean / faults->slowdown(); }
};

// `keep_operations`: with the begin and end of each pipeline operation.
ClusterAnswer answer(const Scenario& scenario, bool keep_operations = false);

std::string cluster_text(const Scenario& scenario, const ClusterAnswer& answer);
std::string cluster_json(const Scenario& scenario, const ClusterAnswer& answer);

}  // namespace trainyard
