// SPDX-License-Identifier: Apache-2.0
// Where the time, the watts and the dollars go.
#include <fmt/format.h>

#include "cluster/step_view.h"
#include "cluster_report/power_part.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/sections.h"
#include "cluster_report/table.h"

namespace trainyard {

void write_time_section(Markup& page, const ReportInput& input) {
  const StepReport& step = input.answer.step;
  const double usd = input.answer.cost.usd;
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
}

void write_energy_section(Markup& page, const ReportInput& input) {
  const StepReport& step = input.answer.step;
  write_power(page, step.energy, step.seconds, "of a step");
}

void write_money_section(Markup& page, const ReportInput& input) {
  const RunCost& cost = input.answer.cost;
  const RunTerms& terms = input.scenario.run;
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
  const AnswerRange& step = input.answer.sensitivity.answers.front();
  const double low = step.low / step.value, high = step.high / step.value;
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
}

}  // namespace trainyard
