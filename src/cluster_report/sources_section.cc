// SPDX-License-Identifier: Apache-2.0
// The scenario itself, and where each number of its system comes from.
#include <fmt/format.h>

#include "cluster/step_view.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/sections.h"
#include "cluster_report/system_sources.h"
#include "cluster_report/table.h"

namespace trainyard {
namespace {

void write_software(Facts& facts, const Software& software) {
  facts.words("software profile", software.name);
  facts.number("  matrix products, of the chip's", software.matmul_efficiency,
               percent_text(software.matmul_efficiency));
  facts.number("  element-wise kernels", software.memory_efficiency,
               percent_text(software.memory_efficiency));
  facts.number("  attention, over matrix products", software.attention_efficiency,
               percent_text(software.attention_efficiency));
  facts.number("  experts, over matrix products", software.expert_efficiency,
               percent_text(software.expert_efficiency));
  facts.number("  host time a kernel", software.kernel_launch_us,
               digits_text(software.kernel_launch_us) + " µs");
  facts.number("  exchange that is hidden", software.exchange_overlap,
               percent_text(software.exchange_overlap));
  facts.number("  data exchange that is hidden", software.data_overlap,
               percent_text(software.data_overlap));
  facts.number("  host time a step", software.step_overhead_ms,
               digits_text(software.step_overhead_ms) + " ms");
}

void write_facts(Markup& page, const ReportInput& input) {
  const Scenario& scenario = input.scenario;
  const StepReport& step = input.answer.step;
  const Plan& plan = scenario.plan;
  const Model& model = scenario.model;
  Facts facts(page);
  facts.words("system", fmt::format("{} ({})", scenario.system.title, scenario.system.name));
  facts.count("chips", scenario.chips);
  facts.count("ranks", scenario.ranks());
  facts.words("model", model.name);
  facts.number("parameters", model.parameters(), si_text(model.parameters(), ""));
  facts.number("parameters that a token meets", model.active_parameters(),
               si_text(model.active_parameters(), ""));
  facts.count("sequence, tokens", scenario.training.sequence);
  facts.count("global batch, sequences", scenario.training.global_batch);
  facts.number("tokens a step", step.tokens, count_text(step.tokens));
  facts.words("number format", format_name(scenario.training.format));
  facts.count("tensor", plan.tensor);
  facts.count("context", plan.context);
  facts.count("pipeline", plan.pipeline);
  facts.count("data", plan.data);
  facts.count("expert", plan.expert);
  facts.count("virtual stages", plan.virtual_stages);
  facts.count("micro-batch, sequences", plan.micro_batch);
  facts.count("micro-batches", scenario.micro_batches());
  facts.count("ZeRO stage", plan.zero);
  facts.words("schedule", schedule_name(plan.schedule));
  facts.words("recompute", recompute_name(plan.recompute));
  write_software(facts, scenario.software);
  facts.number("model FLOP a step", step.model_flop, fmt::format("{:.4g}", step.model_flop));
  facts.number("FLOP done a step", step.hardware_flop, fmt::format("{:.4g}", step.hardware_flop));
  facts.number("energy a step", step.energy.total_j(), si_text(step.energy.total_j(), "J"));
  for (std::size_t i = 0; i < kTimeSourceCount; ++i) {
    const auto source = static_cast<TimeSource>(i);
    const std::string name = std::string("operators' time from the ") + source_name(source);
    facts.number(name.c_str(), step.operators[source], seconds_text(step.operators[source]));
  }
  facts.close();
}

void write_operator(Table& row, const ListedOperator& op) {
  const OperatorShape& shape = op.shape;
  row.cell(fmt::format("{}: {}", op.layer, op.name));
  row.cell(op.pass);
  if (shape.kind == OperatorKind::elementwise) {
    for (int empty = 0; empty < 4; ++empty) row.cell("");
    row.cell(shape.bytes, digits_text(shape.bytes));
  } else {
    for (const double size : {shape.batch, shape.m, shape.n, shape.k}) {
      row.cell(size, digits_text(size));
    }
    row.cell("");
  }
  row.cell(op.time.total() * 1e6, seconds_text(op.time.total()));
  row.cell(source_name(op.source()));
}

// Of one layer and micro-batch on one rank.
void write_operator_table(Markup& page, const ReportInput& input) {
  page.element(
      "p", fmt::format("Of the operators' time {}.", sources_words(input.answer.step.operators)));
  folded_table(page, "Every operator of a layer, for one micro-batch on one rank",
               {{"operator"},
                {"pass"},
                {"batch", true},
                {"m", true},
                {"n", true},
                {"k", true},
                {"bytes of HBM", true},
                {"time", true},
                {"from"}},
               [&](Table& table) {
                 for (const ListedOperator& op : input.answer.operators) {
                   table.row([&](Table& row) { write_operator(row, op); });
                 }
               });
}

}  // namespace

void write_scenario_section(Markup& page, const ReportInput& input) {
  page.element("h2", "The scenario");
  page.element("p", "As it was read, with what follows from it.");
  write_facts(page, input);
  write_scenario_file(page, input.scenario_text);
}

void write_sources_section(Markup& page, const ReportInput& input) {
  page.element("h2", "Where the numbers come from");
  write_operator_table(page, input);
  write_system_sources(page, input.scenario.system);
}

}  // namespace trainyard
