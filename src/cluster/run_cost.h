// SPDX-License-Identifier: Apache-2.0
// What a whole run of steps costs: days, energy, carbon, money. Steps that failures take are not
// counted here: divide by the goodput (docs/reliability.md).
#pragma once

#include "base/table_reader.h"
#include "cluster/scenario.h"
#include "cluster/step.h"

namespace trainyard {

struct RunCost {
  double steps = 0, seconds = 0;
  double chip_hours = 0;
  double megawatt_hours = 0;  // at the facility's meter
  double co2_tonnes = 0;      // 0: no grid factor given
  double usd = 0;             // chip-hours by price, or ownership and energy
  double usd_per_million_tokens = 0;
  bool owned = false;
};

// Chips by the hour, or by their years and the energy.
double usd_of(const RunTerms& terms, const SystemChip& chip, double chips, double seconds,
              double kwh);
RunCost run_cost(const Scenario& scenario, const StepReport& step);

// The table [run]: tokens, grid_kg_per_kwh, price_usd_per_chip_hour, or for ownership
// capital_usd_per_chip, years, usd_per_kwh.
RunTerms read_run(TableReader& table);

}  // namespace trainyard
