// SPDX-License-Identifier: Apache-2.0
// A serving report as text and as JSON.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "serving/simulate.h"

namespace trainyard {
namespace {

std::string spread_text(const char* name, const TimeSpread& spread) {
  return fmt::format("  {:<24}{:>12.4g}{:>12.4g}{:>12.4g}{:>12.4g}\n", name, spread.mean * 1e3,
                     spread.p50 * 1e3, spread.p90 * 1e3, spread.p99 * 1e3);
}

void spread_json(JsonWriter& json, const char* name, const TimeSpread& spread) {
  json.key(name);
  json.begin_object();
  json.field("mean", spread.mean);
  json.field("p50", spread.p50);
  json.field("p90", spread.p90);
  json.field("p99", spread.p99);
  json.objects("quantiles", spread.quantiles, [&](const TimeSpread::Quantile& quantile) {
    json.field("share", quantile.share);
    json.field("s", quantile.seconds);
  });
  json.end_object();
}

// "where the time goes: matmul 41.2 %, ..."
std::string parts_line(const char* what, const Parts& parts) {
  double whole = 0;
  for (const auto& [name, value] : parts) whole += value;
  std::string text;
  for (const auto& [name, value] : parts) {
    if (value <= 0) continue;
    text += fmt::format("{}{} {:.1f} %", text.empty() ? "" : ", ", name, 100 * value / whole);
  }
  return fmt::format("  {}: {}\n", what, text);
}

std::string parts_text(const ServingReport& report) {
  return parts_line("where the time and the dollars go", time_parts(report)) +
         parts_line("where the watts go", parts_of(report.energy));
}

void parts_json(JsonWriter& json, const char* name, const Parts& parts, const char* unit) {
  json.key(name);
  json.begin_object();
  for (const auto& [part, value] : parts) json.field(std::string(part) + unit, value);
  json.end_object();
}

void pool_json(JsonWriter& json, const ServingPool& pool, const ServingReport& report) {
  json.begin_object();
  json.field("role", role_name(pool.role));
  json.field("replicas", pool.replicas);
  json.field("stretch_s", pool.load.stretch_s());
  json.objects("stretches", loads_of(pool, report), [&](const PoolLoad& load) {
    json.field("from_s", load.from_s);
    json.field("busy", load.busy);
    json.field("sequences", load.sequences);
    json.field("kv", load.kv);
  });
  json.end_object();
}

}  // namespace

const char* role_name(ReplicaRole role) {
  return role == ReplicaRole::both      ? "prefill and decode"
         : role == ReplicaRole::prefill ? "prefill"
                                        : "decode";
}

Parts time_parts(const ServingReport& report) {
  const IterationCost& time = report.time;
  return {{"matmul", time.products_s},
          {"attention", time.attention_s},
          {"elementwise", time.elementwise_s},
          {"exchange", time.exchange_s},
          {"launch", time.launch_s},
          {"overhead", time.overhead_s},
          {"idle", report.idle_s}};
}

std::vector<PoolLoad> waiting_of(const ServingReport& report) {
  std::vector<PoolLoad> loads;
  const double width_s = report.waiting.stretch_s();
  for (const LoadTimeline::Load& sum : report.waiting.stretches()) {
    loads.push_back({static_cast<double>(loads.size()) * width_s, 0, sum.sequence_s / width_s, 0});
  }
  return loads;
}

std::vector<PoolLoad> loads_of(const ServingPool& pool, const ServingReport& report) {
  std::vector<PoolLoad> loads;
  const double width_s = pool.load.stretch_s();
  const auto replicas = static_cast<double>(pool.replicas);
  const double pages = replicas * static_cast<double>(report.memory.pages);
  for (const LoadTimeline::Load& sum : pool.load.stretches()) {
    loads.push_back({static_cast<double>(loads.size()) * width_s, sum.busy_s / width_s / replicas,
                     sum.sequence_s / width_s, sum.page_s / width_s / pages});
  }
  return loads;
}

std::string plan_words(const ServingScenario& scenario) {
  const ServingPlan& plan = scenario.plan;
  std::string words = fmt::format(
      "{} replica{} of tensor {} x data {} x pipeline {} (experts over {})", plan.replicas,
      plan.replicas == 1 ? "" : "s", plan.tensor, plan.data, plan.pipeline, plan.expert);
  if (plan.decode_replicas > 0) words += fmt::format(" and {} that decode", plan.decode_replicas);
  return words;
}

std::string serving_text(const ServingScenario& scenario, const ServingAnswer& answer) {
  const ServingReport& report = answer.report;
  std::string text = fmt::format("{}: {} x {}, {}", scenario.title, scenario.chips,
                                 scenario.system.name, plan_words(scenario));
  text += fmt::format("\n{:.4g} G parameters, {} weights{}, software: {}\n",
                      scenario.model.parameters() / 1e9, weight_name(scenario.options.weights),
                      scenario.model.has_experts()
                          ? ", experts " + weight_name(scenario.options.expert_weights)
                          : "",
                      scenario.software.name);
  text += fmt::format(
      "a rank's HBM: {:.4g} GB to use, weights {:.4g}, an iteration {:.4g}, windows {:.4g}; "
      "keys and values of {:.4g} tokens a replica\n\n",
      report.memory.budget / 1e9, report.memory.weights / 1e9, report.memory.workspace / 1e9,
      report.memory.windows / 1e9,
      static_cast<double>(report.memory.pages * scenario.options.page_tokens));
  text += fmt::format("{} requests, {} tokens in, {} out, in {:.5g} s\n", report.requests,
                      report.input_tokens, report.output_tokens, report.seconds);
  text += fmt::format("  {:<24}{:>12}{:>12}{:>12}{:>12}\n", "ms", "mean", "p50", "p90", "p99");
  text += spread_text("time to first token", report.ttft_s);
  text += spread_text("time per token after", report.tpot_s);
  text += spread_text("between two tokens", report.itl_s);
  text += spread_text("latency", report.latency_s);
  text += fmt::format("  {:.5g} requests/s, {:.5g} output tokens/s, {:.5g} tokens/s in all\n",
                      report.requests_per_s, report.output_tokens_per_s, report.total_tokens_per_s);
  text += fmt::format(
      "  replicas busy {:.1f} % of the time, {:.4g} sequences at a time; pages used {:.1f} % on "
      "average, {:.1f} % at most; {} preemptions",
      100 * report.utilisation, report.mean_batch, 100 * report.kv_mean, 100 * report.kv_peak,
      report.preemptions);
  if (scenario.options.prefix_cache) {
    text += fmt::format(
        "; {:.1f} % of the input was in the prefix cache",
        100 * static_cast<double>(report.cached_tokens) / static_cast<double>(report.input_tokens));
  }
  text += fmt::format("\n  {:.4g} kW, {:.4g} J an output token", report.watts / 1e3,
                      report.joules_per_token);
  if (report.usd > 0) {
    text += fmt::format(", {:.4g} USD a million output tokens", report.usd_per_million_tokens);
  }
  text += "\n";
  text += parts_text(report);
  if (answer.sensitivity.answers.empty()) return text;
  text += sensitivity_text(answer.sensitivity);
  if (answer.requests_moved < report.requests) {
    text += fmt::format("  (by what it does to the first {} requests)\n", answer.requests_moved);
  }
  return text;
}

std::string serving_json(const ServingScenario& scenario, const ServingAnswer& answer) {
  const ServingReport& report = answer.report;
  JsonWriter json;
  json.begin_object();
  json.field("title", scenario.title);
  json.field("system", scenario.system.name);
  json.field("chips", scenario.chips);
  json.field("replicas", scenario.plan.replicas);
  json.field("decode_replicas", scenario.plan.decode_replicas);
  json.field("requests", report.requests);
  json.field("input_tokens", report.input_tokens);
  json.field("output_tokens", report.output_tokens);
  json.field("seconds", report.seconds);
  spread_json(json, "ttft_s", report.ttft_s);
  spread_json(json, "tpot_s", report.tpot_s);
  spread_json(json, "itl_s", report.itl_s);
  spread_json(json, "latency_s", report.latency_s);
  json.field("requests_per_s", report.requests_per_s);
  json.field("output_tokens_per_s", report.output_tokens_per_s);
  json.field("total_tokens_per_s", report.total_tokens_per_s);
  json.field("utilisation", report.utilisation);
  json.field("mean_batch", report.mean_batch);
  json.field("kv_mean", report.kv_mean);
  json.field("kv_peak", report.kv_peak);
  json.field("preemptions", report.preemptions);
  json.field("iterations", report.iterations);
  json.field("cached_tokens", report.cached_tokens);
  json.field("weights_bytes", report.memory.weights);
  json.field("workspace_bytes", report.memory.workspace);
  json.field("budget_bytes", report.memory.budget);
  json.field("kv_tokens", report.memory.pages * scenario.options.page_tokens);
  json.field("watts", report.watts);
  json.field("joules_per_output_token", report.joules_per_token);
  json.field("usd_per_million_output_tokens", report.usd_per_million_tokens);
  json.field("usd", report.usd);
  parts_json(json, "time", time_parts(report), "_s");
  parts_json(json, "energy", parts_of(report.energy), "_j");
  json.key("load");
  json.begin_array();
  for (const ServingPool& pool : report.pools) pool_json(json, pool, report);
  json.end_array();
  json.key("waiting");
  json.begin_object();
  json.field("stretch_s", report.waiting.stretch_s());
  json.objects("stretches", waiting_of(report), [&](const PoolLoad& load) {
    json.field("from_s", load.from_s);
    json.field("requests", load.sequences);
  });
  json.end_object();
  if (!answer.sensitivity.answers.empty()) {
    json.field("requests_moved", answer.requests_moved);
    json.key("sensitivity");
    write_sensitivity(json, answer.sensitivity);
  }
  json.end_object();
  return json.text();
}

}  // namespace trainyard
