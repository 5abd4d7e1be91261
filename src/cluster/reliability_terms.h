// SPDX-License-Identifier: Apache-2.0
// What a scenario says of failures, and what they leave of its run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/table_reader.h"
#include "cluster/scenario.h"
#include "cluster/step.h"
#include "reliability/policy.h"
#include "reliability/sensitivity.h"

namespace trainyard {

// The table [reliability] (reliability/policy_table.h) and its profile. None when absent.
std::optional<ReliabilityTerms> read_reliability_terms(TableReader& root);

// The job that a scenario's step and its checkpoint make.
JobShape job_shape(const Scenario& scenario, const StepReport& step);

// Nothing when the scenario has no [reliability].
std::optional<PolicyReport> goodput_of(const Scenario& scenario, const StepReport& step);

struct GoodputAnswer {
  ReliabilityJob job;  // with its intervals
  GoodputReport goodput;
  std::vector<IntervalSearch>
      intervals;  // of every kind that the job has, the policy's or searched
  GoodputSensitivity sensitivity;
};
// The same with what other intervals would leave, and which assumptions it rests on.
std::optional<GoodputAnswer> explain_goodput(const Scenario& scenario, const StepReport& step);

}  // namespace trainyard
