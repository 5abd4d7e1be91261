// SPDX-License-Identifier: Apache-2.0
// What a scenario says of failures, and what they leave of its run.
#pragma once

#include <optional>
#include <string>

#include "base/table_reader.h"
#include "cluster/scenario.h"
#include "cluster/step.h"
#include "reliability/policy.h"

namespace trainyard {

// The table [reliability] (reliability/policy_table.h) and its profile. None when absent.
std::optional<ReliabilityTerms> read_reliability_terms(TableReader& root);

// The job that a scenario's step and its checkpoint make.
JobShape job_shape(const Scenario& scenario, const StepReport& step);

// Nothing when the scenario has no [reliability].
std::optional<PolicyReport> goodput_of(const Scenario& scenario, const StepReport& step);

}  // namespace trainyard
