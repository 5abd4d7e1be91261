// SPDX-License-Identifier: Apache-2.0
#include "planner/search_view.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "cluster/operator_time.h"
#include "cluster/step_view.h"

namespace trainyard {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;
constexpr std::size_t kFrontLines = 12;  // of the text; JSON has all

std::string words_of(const FoundPlan& found) {
  std::string words =
      fmt::format("{}, micro-batch {}", plan_words(found.plan), found.plan.micro_batch);
  if (found.plan.tensor > 1 && !found.plan.sequence_parallel) words += ", no sequence parallelism";
  return words;
}

double peak_share(const SearchSpace& space, const FoundPlan& found) {
  return found.model_flop / found.seconds / static_cast<double>(found.chips) /
         peak_of(space.scenario.system.chip, space.scenario.training.format);
}

std::string amounts(const FoundPlan& found) {
  std::string text = fmt::format("{:.4g} s a step, {:.1f} GiB a rank, {:.4g} MJ", found.seconds,
                                 found.memory_bytes / kGiB, found.energy_j / 1e6);
  if (found.cost_usd > 0) text += fmt::format(", {:.4g} USD", found.cost_usd);
  return text;
}

// What `other` needs more of than `best`, the largest first; negative: less.
Parts differences(Objective objective, const FoundPlan& best, const FoundPlan& other) {
  const bool energy = objective == Objective::energy;
  const Parts of_best = energy ? parts_of(best.energy) : parts_of(best.shares);
  Parts more = energy ? parts_of(other.energy) : parts_of(other.shares);
  for (std::size_t i = 0; i < more.size(); ++i) more[i].second -= of_best[i].second;
  std::stable_sort(more.begin(), more.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return more;
}

std::string runner_up_text(const SearchSpace& space, const FoundPlan& best,
                           const FoundPlan& other) {
  const double value = other.value(space.objective), won = best.value(space.objective);
  const char* unit = space.objective == Objective::energy ? "J" : "s";
  std::string text =
      fmt::format("\nrunner-up, laid out otherwise: {}, {:.2f} % more {}\n  {}\n", amounts(other),
                  100 * (value / won - 1), objective_name(space.objective), words_of(other));
  const Parts more = differences(space.objective, best, other);
  if (more.front().second > 0) {
    text += fmt::format("  it loses by {}, {:.3g} {} more", more.front().first, more.front().second,
                        unit);
    if (more.back().second < 0) {
      text +=
          fmt::format("; it gains {:.3g} {} by {}", -more.back().second, unit, more.back().first);
    }
    text += "\n";
  }
  return text;
}

std::string front_text(const SearchSpace& space, const std::vector<FoundPlan>& front) {
  std::string text = fmt::format("\nno plan beats these in time, memory and {} together",
                                 space.objective == Objective::cost ? "cost" : "energy");
  const std::size_t lines = std::min(front.size(), kFrontLines);
  text += lines < front.size() ? fmt::format(" ({} of {}; --json has all)\n", lines, front.size())
                               : "\n";
  for (std::size_t line = 0; line < lines; ++line) {
    const std::size_t at = lines < 2 ? 0 : line * (front.size() - 1) / (lines - 1);
    text += fmt::format("  {}\n      {}\n", amounts(front[at]), words_of(front[at]));
  }
  return text;
}

void plan_fields(JsonWriter& json, const SearchSpace& space, const FoundPlan& found) {
  const Plan& plan = found.plan;
  json.field("chips", found.chips);
  json.field("tensor", plan.tensor);
  json.field("context", plan.context);
  json.field("pipeline", plan.pipeline);
  json.field("data", plan.data);
  json.field("expert", plan.expert);
  json.field("virtual_stages", plan.virtual_stages);
  json.field("micro_batch", plan.micro_batch);
  json.field("schedule", schedule_name(plan.schedule));
  json.field("recompute", recompute_name(plan.recompute));
  json.field("zero", plan.zero);
  json.field("sequence_parallel", plan.sequence_parallel);
  json.field("step_s", found.seconds);
  json.field("memory_bytes", found.memory_bytes);
  json.field("energy_j", found.energy_j);
  if (found.cost_usd > 0) json.field("cost_usd", found.cost_usd);
  json.field("peak_share", peak_share(space, found));
}

void parts_field(JsonWriter& json, const char* key, const Parts& parts, const char* unit) {
  json.key(key);
  json.begin_object();
  for (const auto& [name, amount] : parts) json.field(std::string(name) + unit, amount);
  json.end_object();
}

}  // namespace

std::string search_text(const SearchSpace& space, const SearchResult& result) {
  const Scenario& scenario = space.scenario;
  std::string text = fmt::format(
      "{}\n\n  system   {}\n  model    {}, {:.4g} billion parameters, {:.4g} active\n"
      "  batch    {} sequences of {} tokens, {}\n\n"
      "best for {} on {} chips: {}, {:.1f} % of peak\n  {}\n",
      scenario.title, scenario.system.title, scenario.model.name, scenario.model.parameters() / 1e9,
      scenario.model.active_parameters() / 1e9, scenario.training.global_batch,
      scenario.training.sequence, format_name(scenario.training.format),
      objective_name(space.objective), result.best.chips, amounts(result.best),
      100 * peak_share(space, result.best), words_of(result.best));
  for (const auto& [name, seconds] : parts_of(result.best.shares)) {
    if (seconds <= 0) continue;
    text += fmt::format("    {:<18} {:>10.4g} s  {:>5.1f} %\n", name, seconds,
                        100 * seconds / result.best.seconds);
  }
  if (result.runner_up.has_value()) text += runner_up_text(space, result.best, *result.runner_up);
  text += front_text(space, result.front);
  return text + fmt::format(
                    "\n{} plans hold together: {} do not fit into {:.1f} GiB a rank, {} "
                    "were evaluated, bounds rule out the rest\n",
                    result.counts.plans, result.counts.too_large, memory_limit_bytes(space) / kGiB,
                    result.counts.evaluated);
}

std::string search_json(const SearchSpace& space, const SearchResult& result) {
  JsonWriter json;
  json.begin_object();
  json.field("schema", "trainyard.plan.1");
  json.field("title", space.scenario.title);
  json.field("objective", objective_name(space.objective));
  json.field("memory_limit_bytes", memory_limit_bytes(space));
  json.key("best");
  json.begin_object();
  plan_fields(json, space, result.best);
  parts_field(json, "shares", parts_of(result.best.shares), "_s");
  parts_field(json, "energy", parts_of(result.best.energy), "_j");
  json.end_object();
  json.key("runner_up");
  if (result.runner_up.has_value()) {
    json.begin_object();
    plan_fields(json, space, *result.runner_up);
    const bool energy = space.objective == Objective::energy;
    parts_field(json, "more_than_best",
                differences(space.objective, result.best, *result.runner_up), energy ? "_j" : "_s");
    json.end_object();
  } else {
    json.null();
  }
  json.objects("front", result.front,
               [&](const FoundPlan& found) { plan_fields(json, space, found); });
  json.key("counts");
  json.begin_object();
  json.field("plans", result.counts.plans);
  json.field("too_large", result.counts.too_large);
  json.field("evaluated", result.counts.evaluated);
  json.end_object();
  json.end_object();
  return json.text();
}

}  // namespace trainyard
