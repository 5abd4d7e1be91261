// SPDX-License-Identifier: Apache-2.0
#include "cluster/step_view.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "cluster/operator_list.h"
#include "cluster/operator_time.h"

namespace trainyard {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

Parts parts_of(const MemoryUse& use) {
  return {{"parameters", use.parameters},
          {"gradients", use.gradients},
          {"optimizer", use.optimizer},
          {"activations", use.activations},
          {"workspace", use.workspace}};
}

double peak_flop(const Scenario& scenario) {
  return static_cast<double>(scenario.chips) *
         peak_of(scenario.system.chip, scenario.training.format);
}

const MemoryUse& largest(const StepReport& report) {
  return *std::max_element(
      report.memory.begin(), report.memory.end(),
      [](const MemoryUse& a, const MemoryUse& b) { return a.total() < b.total(); });
}

double rank_memory(const Scenario& scenario) {
  return scenario.system.chip.hbm_bytes / static_cast<double>(scenario.system.chip.ranks);
}

}  // namespace

Parts parts_of(const StepShares& shares) {
  return {{"matmul", shares.matmul_s},
          {"attention", shares.attention_s},
          {"elementwise", shares.elementwise_s},
          {"recompute", shares.recompute_s},
          {"launch", shares.launch_s},
          {"tensor_exchange", shares.tensor_s},
          {"context_exchange", shares.context_s},
          {"expert_exchange", shares.expert_s},
          {"parameter_gather", shares.gather_s},
          {"pipeline_bubble", shares.bubble_s},
          {"data_exchange", shares.data_s},
          {"optimizer", shares.optimizer_s},
          {"overhead", shares.overhead_s}};
}

Parts parts_of(const StepEnergy& energy) {
  return {{"arithmetic", energy.arithmetic_j}, {"hbm", energy.hbm_j},
          {"links", energy.links_j},           {"idle", energy.idle_j},
          {"active", energy.active_j},         {"host", energy.host_j},
          {"network", energy.network_j},       {"switches", energy.switch_j},
          {"cooling", energy.cooling_j},       {"supply", energy.supply_j},
          {"facility", energy.facility_j}};
}

std::string plan_words(const Plan& plan) {
  std::string words = fmt::format("tensor {} x context {} x pipeline {} x data {}", plan.tensor,
                                  plan.context, plan.pipeline, plan.data);
  if (plan.expert > 1) words += fmt::format(", expert {}", plan.expert);
  if (plan.virtual_stages > 1) words += fmt::format(", {} virtual stages", plan.virtual_stages);
  return words + fmt::format(", {}, zero {}, recompute {}", schedule_name(plan.schedule), plan.zero,
                             recompute_name(plan.recompute));
}

std::string step_text(const Scenario& scenario, const StepReport& report) {
  const double chips = static_cast<double>(scenario.chips);
  std::string text = fmt::format(
      "{}\n\n"
      "  system   {}, {} chips, {} ranks\n"
      "  model    {}, {:.4g} billion parameters, {:.4g} active\n"
      "  plan     {}\n"
      "  batch    {} sequences of {} tokens, {} micro-batches of {}, {}\n"
      "  software {}\n\n",
      scenario.title, scenario.system.title, scenario.chips, scenario.ranks(), scenario.model.name,
      scenario.model.parameters() / 1e9, scenario.model.active_parameters() / 1e9,
      plan_words(scenario.plan), scenario.training.global_batch, scenario.training.sequence,
      scenario.micro_batches(), scenario.plan.micro_batch, format_name(scenario.training.format),
      scenario.software.name);
  text += fmt::format(
      "step {:.4g} s   {:.4g} tokens/s, {:.4g} a chip   {:.4g} TFLOP/s a chip, "
      "{:.1f} % of peak\n\n",
      report.seconds, report.tokens_per_s(), report.tokens_per_s() / chips,
      report.model_flop / report.seconds / chips / 1e12,
      100 * report.model_flop / report.seconds / peak_flop(scenario));
  text += "where the time goes (the busiest pipeline rank)\n";
  for (const auto& [name, seconds] : parts_of(report.shares)) {
    if (seconds > 0) {
      text += fmt::format("  {:<18}{:>10.4g} s {:>6.1f} %\n", name, seconds,
                          100 * seconds / report.seconds);
    }
  }
  text += fmt::format("operators' times, {:.4g} s: {}\n", report.operators.total(),
                      sources_words(report.operators));
  const MemoryUse& use = largest(report);
  text += fmt::format("\nmemory of the fullest rank: {:.1f} of {:.1f} GiB\n", use.total() / kGiB,
                      rank_memory(scenario) / kGiB);
  for (const auto& [name, bytes] : parts_of(use)) {
    if (bytes > 0) text += fmt::format("  {:<18}{:>10.2f} GiB\n", name, bytes / kGiB);
  }
  const double joules = report.energy.total_j();
  text += fmt::format(
      "\nenergy {:.4g} MJ a step, {:.4g} MW of facility, {:.0f} W a chip alone "
      "(30 % band)\n",
      joules / 1e6, joules / report.seconds / 1e6,
      report.energy.chips_j() / report.seconds / chips);
  for (const auto& [name, part] : parts_of(report.energy)) {
    if (part > 0) text += fmt::format("  {:<18}{:>6.1f} %\n", name, 100 * part / joules);
  }
  return text;
}

void write_step(JsonWriter& json, const Scenario& scenario, const StepReport& report) {
  const double chips = static_cast<double>(scenario.chips);
  json.field("title", scenario.title);
  json.field("system", scenario.system.name);
  json.field("chips", scenario.chips);
  json.field("ranks", scenario.ranks());
  json.field("model", scenario.model.name);
  json.field("parameters", scenario.model.parameters());
  json.field("active_parameters", scenario.model.active_parameters());
  json.field("software", scenario.software.name);
  json.key("plan");
  json.begin_object();
  const Plan& plan = scenario.plan;
  json.field("tensor", plan.tensor);
  json.field("context", plan.context);
  json.field("pipeline", plan.pipeline);
  json.field("data", plan.data);
  json.field("expert", plan.expert);
  json.field("virtual_stages", plan.virtual_stages);
  json.field("micro_batch", plan.micro_batch);
  json.field("micro_batches", scenario.micro_batches());
  json.field("zero", plan.zero);
  json.field("schedule", schedule_name(plan.schedule));
  json.field("recompute", recompute_name(plan.recompute));
  json.end_object();
  json.field("step_s", report.seconds);
  json.field("tokens", report.tokens);
  json.field("tokens_per_s", report.tokens_per_s());
  json.field("sequences_per_s",
             static_cast<double>(scenario.training.global_batch) / report.seconds);
  json.field("model_flop", report.model_flop);
  json.field("hardware_flop", report.hardware_flop);
  json.field("model_flop_per_s_chip", report.model_flop / report.seconds / chips);
  json.field("model_flop_utilization", report.model_flop / report.seconds / peak_flop(scenario));
  const auto object = [&](const char* name, const Parts& parts, const char* unit) {
    json.key(name);
    json.begin_object();
    for (const auto& [part, value] : parts) json.field(std::string(part) + unit, value);
    json.end_object();
  };
  object("shares", parts_of(report.shares), "_s");
  json.key("operator_sources");
  json.begin_object();
  for (std::size_t i = 0; i < kTimeSourceCount; ++i) {
    const auto source = static_cast<TimeSource>(i);
    json.field(std::string(source_name(source)) + "_s", report.operators[source]);
  }
  json.end_object();
  object("memory", parts_of(largest(report)), "_bytes");
  json.field("memory_bytes", report.largest_memory_bytes());
  json.field("first_stage_activations_bytes", report.memory.front().activations);
  json.field("memory_capacity_bytes", rank_memory(scenario));
  object("energy", parts_of(report.energy), "_j");
  json.field("energy_j", report.energy.total_j());
  json.field("chip_power_w", report.energy.chips_j() / report.seconds / chips);
  json.field("facility_power_w", report.energy.total_j() / report.seconds);
}

std::string step_json(const Scenario& scenario, const StepReport& report) {
  JsonWriter json;
  json.begin_object();
  write_step(json, scenario, report);
  json.end_object();
  return json.text();
}

}  // namespace trainyard
