// SPDX-License-Identifier: Apache-2.0
// The answer in a sentence and in a few large numbers.
#include <fmt/format.h>

#include "cluster_report/power_part.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/tiles.h"
#include "serving_report/serving_parts.h"

namespace trainyard {
namespace {

void write_sentence(Markup& page, const ServingInput& input) {
  const ServingReport& report = input.answer.report;
  page.open("p", {{"class", "lead"}});
  page.text(fmt::format(
      "{} {} chips answer {} requests in {}. Half of them have their first token within ",
      count_text(static_cast<double>(input.scenario.chips)), input.scenario.system.chip.name,
      count_text(static_cast<double>(report.requests)), seconds_text(report.seconds)));
  page.open("b");
  page.number(report.ttft_s.p50, seconds_text(report.ttft_s.p50));
  page.close();
  page.text(
      fmt::format(", 99 of 100 within {}; then a token comes every {} on average. Replicas "
                  "are busy {} of the time.",
                  seconds_text(report.ttft_s.p99), seconds_text(report.tpot_s.mean),
                  percent_text(report.utilisation)));
  page.close();
}

}  // namespace

void write_serving_headline(Markup& page, const ServingInput& input) {
  const ServingScenario& scenario = input.scenario;
  const ServingReport& report = input.answer.report;
  const auto chips = static_cast<double>(scenario.chips);
  page.element("h1", scenario.title);
  page.element("p", {{"class", "under"}},
               fmt::format("{} on {}: {}", scenario.model.name, scenario.system.title,
                           plan_words(scenario)));
  write_sentence(page, input);
  Tiles tiles(page);
  tiles.tile("output", report.output_tokens_per_s, si_text(report.output_tokens_per_s, "tok/s"));
  page.number(report.requests_per_s, digits_text(report.requests_per_s));
  page.text(
      fmt::format(" requests/s, {} tok/s a chip", digits_text(report.output_tokens_per_s / chips)));
  tiles.end_tile();
  tiles.tile("first token, p99", report.ttft_s.p99, seconds_text(report.ttft_s.p99));
  page.text("half within " + seconds_text(report.ttft_s.p50));
  tiles.end_tile();
  tiles.tile("a token after, p99", report.tpot_s.p99, seconds_text(report.tpot_s.p99));
  page.text("half within " + seconds_text(report.tpot_s.p50));
  tiles.end_tile();
  tiles.tile("keys and values, at most", report.kv_peak, percent_text(report.kv_peak));
  page.text("of their pages");
  tiles.end_tile();
  tiles.tile("power of the facility", report.watts, si_text(report.watts, "W"));
  page.number(report.joules_per_token, si_text(report.joules_per_token, "J"));
  page.text(fmt::format(" an output token; {:.0f} % either way", 100 * kEnergyBand));
  tiles.end_tile();
  tiles.tile("a million output tokens", report.usd_per_million_tokens,
             usd_text(report.usd_per_million_tokens));
  page.text(scenario.run.capital_usd_per_chip > 0 ? "chips owned" : "chips rented");
  tiles.end_tile();
  tiles.close();
}

}  // namespace trainyard
