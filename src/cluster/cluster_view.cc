// SPDX-License-Identifier: Apache-2.0
#include "cluster/cluster_view.h"

#include <fmt/format.h>

#include "base/json_writer.h"
#include "cluster/step_view.h"

namespace trainyard {
namespace {

std::string cost_text(const Scenario& scenario, const RunCost& cost) {
  std::string text =
      fmt::format("\nthe run: {:.0f} steps, {:.3g} days of steps, {:.4g} chip-hours, {:.4g} MWh",
                  cost.steps, cost.seconds / 86400, cost.chip_hours, cost.megawatt_hours);
  if (cost.co2_tonnes > 0) text += fmt::format(", {:.4g} t CO2", cost.co2_tonnes);
  text += fmt::format(", {:.4g} USD ({}), {:.3g} USD a million tokens\n", cost.usd,
                      cost.owned ? "owned" : "rented", cost.usd_per_million_tokens);
  if (scenario.run.tokens == 0) text += "  of one step: [run] tokens makes it a run\n";
  return text;
}

std::string goodput_lines(const GoodputAnswer& report, const RunCost& cost) {
  std::string text = "\nwhat failures leave of it\n" + goodput_text(report.goodput);
  if (report.goodput.goodput.mean > 0) {
    text += fmt::format("the run with them: {:.3g} days\n",
                        cost.seconds / 86400 / report.goodput.goodput.mean);
  }
  for (const IntervalSearch& search : report.intervals) text += search_text(search);
  return text + goodput_sensitivity_text(report.sensitivity);
}

}  // namespace

ClusterAnswer answer(const Scenario& scenario, bool keep_operations) {
  ClusterAnswer made;
  made.step = evaluate_step(scenario, false, keep_operations);
  made.operators = list_operators(scenario);
  made.limits = limits(scenario, made.step);
  made.cost = run_cost(scenario, made.step);
  made.sensitivity = sensitivity(scenario, made.step);
  made.goodput = explain_goodput(scenario, made.step);
  if (scenario.faults.any()) made.faults = explain_faults(scenario, fold_step(scenario));
  return made;
}

std::string cluster_text(const Scenario& scenario, const ClusterAnswer& answer) {
  std::string text = step_text(scenario, answer.step);
  if (answer.faults) text += explicit_text(*answer.faults);
  text += "\nwhat limits it\n";
  for (const Limit& limit : answer.limits) {
    text += fmt::format("  {:>5.1f} %  {}: {}\n", 100 * limit.share, limit.name, limit.advice);
  }
  text += cost_text(scenario, answer.cost) + sensitivity_text(answer.sensitivity);
  if (answer.goodput) text += goodput_lines(*answer.goodput, answer.cost);
  if (answer.goodput && answer.faults) {
    text += fmt::format(
        "steps with the faults above: {:.2f} % of the time goes into what one without would do\n",
        100 * answer.goodput_with_faults());
  }
  return text;
}

std::string cluster_json(const Scenario& scenario, const ClusterAnswer& answer) {
  JsonWriter json;
  json.begin_object();
  write_step(json, scenario, answer.step);
  write_operators(json, answer.operators);
  json.objects("limits", answer.limits, [&](const Limit& limit) {
    json.field("name", limit.name);
    json.field("share", limit.share);
    json.field("advice", limit.advice);
  });
  const RunCost& cost = answer.cost;
  json.key("run");
  json.begin_object();
  json.field("steps", cost.steps);
  json.field("time_s", cost.seconds);
  json.field("chip_hours", cost.chip_hours);
  json.field("energy_mwh", cost.megawatt_hours);
  json.field("co2_t", cost.co2_tonnes);
  json.field("cost_usd", cost.usd);
  json.field("cost_usd_per_million_tokens", cost.usd_per_million_tokens);
  json.end_object();
  json.key("sensitivity");
  write_sensitivity(json, answer.sensitivity);
  if (answer.goodput.has_value()) {
    json.key("goodput");
    write_goodput(json, answer.goodput->goodput);
    json.key("intervals");
    json.begin_array();
    for (const IntervalSearch& search : answer.goodput->intervals) write_search(json, search);
    json.end_array();
    json.key("goodput_sensitivity");
    write_goodput_sensitivity(json, answer.goodput->sensitivity);
  }
  if (answer.faults) write_explicit(json, *answer.faults);
  if (answer.faults && answer.goodput) {
    json.field("goodput_with_faults", answer.goodput_with_faults());
  }
  json.end_object();
  return json.text();
}

}  // namespace trainyard
