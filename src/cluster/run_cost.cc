// SPDX-License-Identifier: Apache-2.0
#include "cluster/run_cost.h"

#include <cmath>

namespace trainyard {
namespace {

constexpr double kHour = 3600, kYear = 365.25 * 24 * kHour;
constexpr double kJoulesPerKwh = 3.6e6;

}  // namespace

RunTerms read_run(TableReader& table) {
  RunTerms terms;
  terms.tokens = table.number("tokens", 1, 1e18, 0.0);
  terms.grid_kg_per_kwh = table.number("grid_kg_per_kwh", 0, 10, 0.0);
  terms.usd_per_chip_hour = table.number("price_usd_per_chip_hour", 0, 1e6, 0.0);
  terms.capital_usd_per_chip = table.number("capital_usd_per_chip", 0, 1e9, 0.0);
  terms.years = table.number("years", 0.1, 100, 4.0);
  terms.usd_per_kwh = table.number("usd_per_kwh", 0, 100, 0.0);
  if (terms.capital_usd_per_chip > 0 && terms.usd_per_chip_hour > 0) {
    throw table.fault("capital_usd_per_chip", "chips are rented or owned, not both",
                      "give a price by the hour, or what they cost to buy");
  }
  table.finish();
  return terms;
}

double usd_of(const RunTerms& terms, const SystemChip& chip, double chips, double seconds,
              double kwh) {
  if (terms.capital_usd_per_chip > 0) {
    return chips * terms.capital_usd_per_chip * seconds / (terms.years * kYear) +
           kwh * terms.usd_per_kwh;
  }
  const double price = terms.usd_per_chip_hour > 0 ? terms.usd_per_chip_hour : chip.price_usd_per_h;
  return chips * seconds / kHour * price;
}

RunCost run_cost(const Scenario& scenario, const StepReport& step) {
  const RunTerms& terms = scenario.run;
  const auto chips = static_cast<double>(scenario.chips);
  RunCost cost;
  cost.steps = terms.tokens > 0 ? std::ceil(terms.tokens / step.tokens) : 1;
  cost.seconds = cost.steps * step.seconds;
  cost.chip_hours = chips * cost.seconds / kHour;
  const double kwh = cost.steps * step.energy.total_j() / kJoulesPerKwh;
  cost.megawatt_hours = kwh / 1000;
  cost.co2_tonnes = kwh * terms.grid_kg_per_kwh / 1000;
  cost.owned = terms.capital_usd_per_chip > 0;
  cost.usd = usd_of(terms, scenario.system.chip, chips, cost.seconds, kwh);
  cost.usd_per_million_tokens = cost.usd / (cost.steps * step.tokens) * 1e6;
  return cost;
}

}  // namespace trainyard
