// SPDX-License-Identifier: Apache-2.0
// The answer in a sentence and in a few large numbers.
#include <fmt/format.h>

#include "cluster/operator_time.h"
#include "cluster/step_view.h"
#include "cluster_report/power_part.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/sections.h"
#include "cluster_report/tiles.h"

namespace trainyard {
namespace {

void write_sentence(Markup& page, const ReportInput& input) {
  const Scenario& scenario = input.scenario;
  const ClusterAnswer& answer = input.answer;
  const StepReport& step = answer.step;
  page.open("p", {{"class", "lead"}});
  page.text(fmt::format("On {} {} chips a step of {} tokens takes ",
                        count_text(static_cast<double>(scenario.chips)), scenario.system.chip.name,
                        si_text(step.tokens, "")));
  page.open("b");
  page.number(step.seconds, seconds_text(step.seconds));
  page.close();
  page.text(fmt::format(", by what is assumed between {} and {}. ",
                        seconds_text(answer.sensitivity.answers.front().low),
                        seconds_text(answer.sensitivity.answers.front().high)));
  if (answer.faults.has_value()) {
    page.text(
        fmt::format("With this scenario's faults it takes {}; all that follows but the part "
                    "on faults is without them. ",
                    seconds_text(answer.faults->seconds)));
  }
  if (!answer.limits.empty()) {
    page.text(fmt::format("The largest part of it, {}, is {}. ",
                          percent_text(answer.limits.front().share), answer.limits.front().name));
  }
  if (scenario.run.tokens > 0) {
    page.text(fmt::format("The run of {} tokens takes {} of steps, {} MWh and {}.",
                          si_text(scenario.run.tokens, ""), seconds_text(answer.cost.seconds),
                          digits_text(answer.cost.megawatt_hours), usd_text(answer.cost.usd)));
  }
  if (answer.goodput.has_value()) {
    const double goodput = answer.goodput->goodput.goodput.mean;
    page.text(fmt::format(
        " Failures leave {} of the time{}.", percent_text(goodput),
        scenario.run.tokens > 0 && goodput > 0
            ? fmt::format(": {} by the calendar", seconds_text(answer.cost.seconds / goodput))
            : ""));
  }
  page.close();
}

}  // namespace

void write_headline(Markup& page, const ReportInput& input) {
  const Scenario& scenario = input.scenario;
  const StepReport& step = input.answer.step;
  const auto chips = static_cast<double>(scenario.chips);
  page.element("h1", scenario.title);
  page.element("p", {{"class", "under"}},
               fmt::format("{} on {}: {}", scenario.model.name, scenario.system.title,
                           plan_words(scenario.plan)));
  write_sentence(page, input);
  Tiles tiles(page);
  tiles.tile("throughput", step.tokens_per_s(), si_text(step.tokens_per_s(), "tok/s"));
  page.number(static_cast<double>(scenario.training.global_batch) / step.seconds,
              digits_text(static_cast<double>(scenario.training.global_batch) / step.seconds));
  page.text(fmt::format(" sequences/s, {} tok/s a chip", digits_text(step.tokens_per_s() / chips)));
  tiles.end_tile();
  const double rate = step.model_flop / step.seconds / chips;
  const double peak = peak_of(scenario.system.chip, scenario.training.format);
  const double of_peak = step.model_flop / step.seconds / (chips * peak);
  tiles.tile("of the peak", of_peak, percent_text(of_peak));
  page.number(rate, si_text(rate, "FLOP/s"));
  page.text(" a chip");
  tiles.end_tile();
  const double capacity =
      scenario.system.chip.hbm_bytes / static_cast<double>(scenario.system.chip.ranks);
  const double held = step.largest_memory_bytes();
  tiles.tile("memory", held / capacity, percent_text(held / capacity));
  page.text(fmt::format("{} of {} in the fullest rank", bytes_text(held), bytes_text(capacity)));
  tiles.end_tile();
  const double watts = step.energy.total_j() / step.seconds;
  tiles.tile("power of the facility", watts, si_text(watts, "W"));
  page.number(step.energy.chips_j() / step.seconds / chips,
              si_text(step.energy.chips_j() / step.seconds / chips, "W"));
  page.text(fmt::format(" a chip alone; {:.0f} % either way", 100 * kEnergyBand));
  tiles.end_tile();
  const RunCost& cost = input.answer.cost;
  tiles.tile("a million tokens", cost.usd_per_million_tokens,
             usd_text(cost.usd_per_million_tokens));
  page.text(cost.owned ? "chips owned" : "chips rented");
  tiles.end_tile();
  tiles.close();
}

}  // namespace trainyard
