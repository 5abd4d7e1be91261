// SPDX-License-Identifier: Apache-2.0
// A question about a cluster as its user writes it: a system and how many chips of it, a model, a
// training run and its layout, the software. docs/cluster.md lists the keys.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/fault.h"
#include "cluster/faults.h"
#include "cluster/operator_source.h"
#include "cluster/plan.h"
#include "fabric/system.h"
#include "reliability/policy.h"
#include "workload/model.h"

namespace trainyard {

// How long a run is and on what terms its chips are had.
struct RunTerms {
  double tokens = 0;                // of the run; 0: one step
  double grid_kg_per_kwh = 0;       // of CO2; 0: not asked for
  double usd_per_chip_hour = 0;     // 0: the system file's price
  double capital_usd_per_chip = 0;  // above 0: owned, with `years` and `usd_per_kwh`
  double years = 4, usd_per_kwh = 0;
};

struct ReliabilityTerms {
  Document document;  // the profile's
  ReliabilityProfile profile;
  ReliabilityPolicy policy;
  GoodputOptions options;
};

struct Scenario {
  std::string title, file;
  System system;
  std::int64_t chips = 1;
  Model model;
  Training training;
  Plan plan;
  Software software;
  OperatorSources operators;
  RunTerms run;
  std::optional<ReliabilityTerms> reliability;
  Faults faults;
  std::map<std::string, int> lines;  // of the keys of [plan] and [training]: "plan.tensor"

  // Where a key stands, or its table, or the file's beginning.
  SourcePlace place(const std::string& key) const;
  std::int64_t ranks() const { return chips * system.chip.ranks; }
  std::int64_t micro_batches() const {
    return training.global_batch / (plan.data * plan.micro_batch);
  }
};

// Throws Fault(usage) with file, line and the way out for whatever does not hold together.
Scenario read_scenario(const Document& document);
// But whether its plan divides what it lays out.
Scenario read_unchecked_scenario(const Document& document);
// The key `format` of a table that reads on.
NumberFormat read_format(TableReader& table);
// A whole table [software]: a profile, or its numbers.
Software read_software_terms(TableReader& table);
// A layout that does not divide what it lays out; `read_scenario` calls it, the planner too.
void check_plan(const Scenario& scenario);

}  // namespace trainyard
