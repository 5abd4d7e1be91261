// SPDX-License-Identifier: Apache-2.0
// Where the time, the watts and the dollars go, and what of a rank's memory is used.
#include <fmt/format.h>

#include "cluster_report/power_part.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/table.h"
#include "serving_report/serving_parts.h"

namespace trainyard {

void write_time_part(Markup& page, const ServingInput& input) {
  const ServingReport& report = input.answer.report;
  page.element("h2", "Where the time and the dollars go");
  page.element("p",
               "Of all replicas' time; idle is when nothing asks. Chips are paid by the hour, so "
               "the dollars of the run go the same way.");
  const Parts times = time_parts(report);
  double whole = 0;
  for (const auto& [name, seconds] : times) whole += seconds;
  std::vector<Part> parts;
  for (const auto& [name, seconds] : times) {
    const double dollars = whole > 0 ? report.usd * seconds / whole : 0;
    parts.push_back({name, seconds, seconds_text(seconds), {{dollars, usd_text(dollars)}}});
  }
  write_parts(page, "Parts of the replicas' time; the table that follows has them",
              "of all replicas", parts, {"of the run"});
}

void write_power_part(Markup& page, const ServingInput& input) {
  const ServingReport& report = input.answer.report;
  write_power(page, report.energy, report.seconds, "of the run");
}

void write_cost_part(Markup& page, const ServingInput& input) {
  const ServingReport& report = input.answer.report;
  page.element("h2", "What it costs");
  page.element("p", input.scenario.run.capital_usd_per_chip > 0
                        ? "Chips are owned: their price over their years, and the energy."
                        : "Chips are rented by the hour, energy included.");
  Table table(page, {}, {{"what"}, {"amount", true}, {"from", true}, {"to", true}});
  const auto row = [&](const char* name, double value, double low, double high, auto text) {
    table.row([&](Table& cells) {
      cells.cell(name);
      for (const double each : {value, low, high}) cells.cell(each, text(each));
    });
  };
  // Time by what the assumed inputs allow, energy by its band.
  for (const AnswerRange& range : input.answer.sensitivity.answers) {
    if (range.name != "output_tokens" || range.low <= 0) continue;
    const double usd = report.usd, million = report.usd_per_million_tokens;
    row("cost of the run", usd, usd * range.value / range.high, usd * range.value / range.low,
        usd_text);
    row("cost of a million output tokens", million, million * range.value / range.high,
        million * range.value / range.low, usd_text);
  }
  const double joules = report.joules_per_token;
  row("energy of an output token", joules, joules * (1 - kEnergyBand), joules * (1 + kEnergyBand),
      [](double value) { return si_text(value, "J"); });
  table.close();
}

void write_memory_part(Markup& page, const ServingInput& input) {
  const ServingMemory& memory = input.answer.report.memory;
  const auto tokens = static_cast<double>(memory.pages * input.scenario.options.page_tokens);
  page.element("h2", "Memory of a rank");
  page.open("p");
  page.text("Of its HBM ");
  page.number(memory.budget, bytes_text(memory.budget));
  page.text(" may be used; what the rest leaves holds the keys and values of ");
  page.number(tokens, count_text(tokens));
  page.text(" tokens a replica.");
  page.close();
  std::vector<Part> parts;
  for (const auto& [name, bytes] : {std::pair<const char*, double>{"parameters", memory.weights},
                                    {"workspace", memory.workspace},
                                    {"windows", memory.windows},
                                    {"keys_and_values", memory.budget - memory.fixed()}}) {
    parts.push_back({name, bytes, bytes_text(bytes), {}});
  }
  write_parts(page, "Parts of the memory; the table that follows has them", "of a rank", parts);
}

}  // namespace trainyard
