// SPDX-License-Identifier: Apache-2.0
// What the answer rests on: assumed inputs, the scenario, the origin of each number.
#include <fmt/format.h>

#include "cluster_report/quantity_text.h"
#include "cluster_report/swings.h"
#include "cluster_report/system_sources.h"
#include "cluster_report/table.h"
#include "serving_report/serving_parts.h"

namespace trainyard {
namespace {

void write_software(Facts& facts, const ServingSoftware& software) {
  facts.words("software profile", software.name);
  facts.number("  matrix products, of the chip's", software.matmul_efficiency,
               percent_text(software.matmul_efficiency));
  facts.number("  reads of weights, keys and values", software.memory_efficiency,
               percent_text(software.memory_efficiency));
  facts.number("  a prompt's attention, over matrix products", software.attention_efficiency,
               percent_text(software.attention_efficiency));
  facts.number("  experts, over matrix products", software.expert_efficiency,
               percent_text(software.expert_efficiency));
  facts.number("  element-wise kernels, over reads", software.elementwise_efficiency,
               percent_text(software.elementwise_efficiency));
  facts.number("  a kernel's start and end", software.kernel_us,
               digits_text(software.kernel_us) + " µs");
  facts.number("  exchange that is hidden", software.exchange_overlap,
               percent_text(software.exchange_overlap));
  facts.number("  host time an iteration", software.iteration_overhead_ms,
               digits_text(software.iteration_overhead_ms) + " ms");
  facts.number("  and for each sequence in it", software.sequence_overhead_us,
               digits_text(software.sequence_overhead_us) + " µs");
}

}  // namespace

void write_moved_part(Markup& page, const ServingInput& input) {
  const ServingAnswer& answer = input.answer;
  page.element("h2", "What the answer rests on");
  if (answer.requests_moved < answer.report.requests) {
    page.open("p");
    page.text("How far the answer moves is seen on the first ");
    page.number(static_cast<double>(answer.requests_moved),
                count_text(static_cast<double>(answer.requests_moved)));
    page.text(" requests.");
    page.close();
  }
  write_sensitivity(
      page, answer.sensitivity,
      {{"Latency of a request, mean", "latency", seconds_text},
       {"Time to first token, 99th percentile", "p99 of the first token", seconds_text},
       {"Time per token after, mean", "time per token after", seconds_text},
       {"Output tokens a second", "rate of output tokens", digits_text},
       {"Energy of an output token", "energy of an output token",
        [](double joules) { return si_text(joules, "J"); }}});
}

void write_scenario_part(Markup& page, const ServingInput& input) {
  const ServingScenario& scenario = input.scenario;
  const ServingReport& report = input.answer.report;
  const ServingPlan& plan = scenario.plan;
  page.element("h2", "The scenario");
  page.element("p", "As it was read, with what follows from it.");
  Facts facts(page);
  facts.words("system", fmt::format("{} ({})", scenario.system.title, scenario.system.name));
  facts.count("chips", scenario.chips);
  facts.words("model", scenario.model.name);
  facts.number("parameters", scenario.model.parameters(), si_text(scenario.model.parameters(), ""));
  facts.words("weights", weight_name(scenario.options.weights));
  if (scenario.model.has_experts()) {
    facts.words("weights of experts", weight_name(scenario.options.expert_weights));
  }
  facts.count("tensor", plan.tensor);
  facts.count("data", plan.data);
  facts.count("pipeline", plan.pipeline);
  facts.count("experts over", plan.expert);
  facts.count("replicas", plan.replicas);
  facts.count("replicas that only decode", plan.decode_replicas);
  facts.count("requests", report.requests);
  facts.count("tokens in", report.input_tokens);
  facts.count("  of them found in the prefix cache", report.cached_tokens);
  facts.count("tokens out", report.output_tokens);
  facts.number("from the first arrival to the last token", report.seconds,
               seconds_text(report.seconds));
  facts.number("tokens a second, in and out", report.total_tokens_per_s,
               digits_text(report.total_tokens_per_s));
  facts.number("replicas busy", report.utilisation, percent_text(report.utilisation));
  facts.count("iterations", report.iterations);
  write_software(facts, scenario.software);
  facts.close();
  write_scenario_file(page, input.scenario_text);
}

void write_sources_part(Markup& page, const ServingInput& input) {
  page.element("h2", "Where the numbers come from");
  write_system_sources(page, input.scenario.system);
}

}  // namespace trainyard
