// SPDX-License-Identifier: Apache-2.0
// Where the time, the watts and the dollars go.
#include <fmt/format.h>

#include "cluster/step_view.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/sections.h"
#include "cluster_report/table.h"

namespace trainyard {

void write_time_section(Markup& page, const ReportInput& input) {
  const StepReport& step = input.answer.step;
  const double usd = input.answer.cost.usd;
  page.open("section", {{"id", "time"}});
  page.element("h2", "Where the time goes");
  page.element("p",
               "Of the busiest pipeline stage; the parts add up to the step. Chips are paid by the "
               "hour, so the dollars of the run go the same way.");
  std::vector<Part> parts;
  for (const auto& [name, seconds] : parts_of(step.shares)) {
    const double dollars = usd * seconds / step.seconds;
    parts.push_back({name, seconds, seconds_text(seconds), {{dollars, usd_text(dollars)}}});
  }
  write_parts(page, "Parts of the step's time; the table that follows has them", "of a step", parts,
              {"of the run"});
  page.element("h3", "What limits it");
  page.open("ul");
  for (const Limit& limit : input.answer.limits) {
    page.open("li");
    page.number(limit.share, percent_text(limit.share));
    page.text(fmt::format(" {}: {}", limit.name, limit.advice));
    page.close();
  }
  page.close();
  page.close();
}

void write_energy_section(Markup& page, const ReportInput& input) {
  const StepReport& step = input.answer.step;
  page.open("section", {{"id", "energy"}});
  page.element("h2", "Where the watts go");
  const double watts = step.energy.total_j() / step.seconds;
  page.element("p", fmt::format("The mean over a step at the facility's meter: {} to {}, a band of "
                                "{:.0f} % either way, as no wattage of a part is measured.",
                                si_text(watts * (1 - kEnergyBand), "W"),
                                si_text(watts * (1 + kEnergyBand), "W"), 100 * kEnergyBand));
  std::vector<Part> parts;
  for (const auto& [name, joules] : parts_of(step.energy)) {
    const double part = joules / step.seconds;
    parts.push_back({name, part, si_text(part, "W"), {{joules, si_text(joules, "J")}}});
  }
  write_parts(page, "Parts of the power; the table that follows has them", "mean power", parts,
              {"of a step"});
  page.close();
}

void write_money_section(Markup& page, const ReportInput& input) {
  const RunCost& cost = input.answer.cost;
  const RunTerms& terms = input.scenario.run;
  page.open("section", {{"id", "run"}});
  page.element("h2", terms.tokens > 0 ? "What the run costs" : "What one step costs");
  page.element("p", fmt::format("{} Time that failures take is not in it.",
                                cost.owned ? "Chips are owned: their price over their years, and "
                                             "the energy."
                                           : "Chips are rented by the hour, energy included."));
  Table table(page, {}, {{"what"}, {"amount", true}, {"from", true}, {"to", true}});
  const auto row = [&](const char* name, double value, const std::string& shown, double low,
                       const std::string& low_shown, double high, const std::string& high_shown) {
    table.row([&](Table& cells) {
      cells.cell(name);
      cells.cell(value, shown);
      cells.cell(low, low_shown);
      cells.cell(high, high_shown);
    });
  };
  // Time by what the assumed inputs allow, energy by its band.
  const SensitivityReport& told = input.answer.sensitivity;
  const double seconds = input.answer.step.seconds;
  const double low = told.step_low_s / seconds, high = told.step_high_s / seconds;
  const auto with_time = [&](const char* name, double value, auto text) {
    row(name, value, text(value), value * low, text(value * low), value * high, text(value * high));
  };
  const auto with_energy = [&](const char* name, double value, const char* unit) {
    const auto text = [&](double number) { return digits_text(number) + unit; };
    row(name, value, text(value), value * (1 - kEnergyBand), text(value * (1 - kEnergyBand)),
        value * (1 + kEnergyBand), text(value * (1 + kEnergyBand)));
  };
  table.row([&](Table& cells) {
    cells.cell("steps");
    cells.cell(cost.steps, count_text(cost.steps));
    cells.cell("");
    cells.cell("");
  });
  with_time("time", cost.seconds, seconds_text);
  with_time("chip-hours", cost.chip_hours, digits_text);
  with_time("cost", cost.usd, usd_text);
  with_time("cost of a million tokens", cost.usd_per_million_tokens, usd_text);
  with_energy("energy", cost.megawatt_hours, " MWh");
  if (terms.grid_kg_per_kwh > 0) with_energy("carbon dioxide", cost.co2_tonnes, " t");
  table.close();
  page.close();
}

}  // namespace trainyard
