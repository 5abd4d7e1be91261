// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/fault.h"
#include "cluster/explicit_step.h"
#include "cluster/operator_time.h"
#include "cluster/reliability_terms.h"
#include "cluster/step_view.h"
#include "planner/search.h"
#include "planner/swept_scenario.h"

namespace trainyard {
namespace {

constexpr std::array<std::pair<const char*, double Software::*>, 8> kSoftware = {{
    {"software.matmul_efficiency", &Software::matmul_efficiency},
    {"software.memory_efficiency", &Software::memory_efficiency},
    {"software.attention_efficiency", &Software::attention_efficiency},
    {"software.kernel_launch_us", &Software::kernel_launch_us},
    {"software.expert_efficiency", &Software::expert_efficiency},
    {"software.exchange_overlap", &Software::exchange_overlap},
    {"software.data_overlap", &Software::data_overlap},
    {"software.step_overhead_ms", &Software::step_overhead_ms},
}};
constexpr const char* kImbalance = "training.expert_imbalance";

std::string snake(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

void add_step(const Scenario& scenario, const FoundPlan& found, SweptAnswer& answer) {
  answer.plan = fmt::format("{}, micro-batch {}", plan_words(found.plan), found.plan.micro_batch);
  const Training& training = scenario.training;
  const double tokens =
      static_cast<double>(training.global_batch) * static_cast<double>(training.sequence);
  const double peak =
      static_cast<double>(found.chips) * peak_of(scenario.system.chip, training.format);
  answer.numbers = {
      found.seconds,      tokens / found.seconds, found.model_flop / found.seconds / peak,
      found.memory_bytes, found.energy_j,         found.energy_j / found.seconds,
      found.cost_usd};
  for (const auto& [name, seconds] : parts_of(found.shares)) answer.numbers.push_back(seconds);
}

void add_faults(const Scenario& scenario, SweptAnswer& answer) {
  const ExplicitStep step = evaluate_explicit(scenario, fold_step(scenario));
  answer.numbers.push_back(step.seconds);
  answer.numbers.push_back(step.slowdown());
}

void add_goodput(const Scenario& scenario, double step_s, SweptAnswer& answer) {
  StepReport step;
  step.seconds = step_s;
  const GoodputReport report = goodput_of(scenario, step)->goodput;
  const std::vector<double> numbers = {
      report.goodput.mean,      report.goodput.low,     report.goodput.high,
      report.effective,         report.steps.mean,      report.interruptions.mean,
      report.memory_interval_s, report.disk_interval_s, report.validation_interval_s};
  answer.numbers.insert(answer.numbers.end(), numbers.begin(), numbers.end());
  answer.numbers.insert(answer.numbers.end(), report.shares.begin(), report.shares.end());
}

class SweptTraining : public SweptScenario {
 public:
  SweptTraining(SweepWhat what, SearchSpace space) : what_(what), space_(std::move(space)) {}

  std::unique_ptr<SweptScenario> copy() const override {
    return std::make_unique<SweptTraining>(*this);
  }

  double* input(const std::string& key) override {
    Scenario& scenario = space_.scenario;
    for (const auto& [name, member] : kSoftware) {
      if (key == name) return &(scenario.software.*member);
    }
    if (key == kImbalance) return &scenario.training.expert_imbalance;
    return system_input(scenario.system, key);
  }
  std::vector<std::string> input_names() const override {
    std::vector<std::string> names = {kImbalance};
    for (const auto& [name, member] : kSoftware) names.emplace_back(name);
    for (std::string& name : system_input_names(space_.scenario.system)) {
      names.push_back(std::move(name));
    }
    return names;
  }
  std::string system_name() const override { return space_.scenario.system.name; }

  void draw(std::int64_t run) override {
    Scenario& scenario = space_.scenario;
    scenario.faults.seed += static_cast<std::uint64_t>(run);
    if (scenario.reliability) scenario.reliability->options.seed += static_cast<std::uint64_t>(run);
  }

  SweptAnswer answer() const override {
    const Scenario& scenario = space_.scenario;
    SweptAnswer made;
    if (what_ == SweepWhat::plan) {
      const SearchResult result = search_plans(space_);
      add_step(scenario, result.best, made);
      return made;
    }
    const FoundPlan found = evaluate_plan(space_, scenario.chips, scenario.plan, false);
    add_step(scenario, found, made);
    if (what_ == SweepWhat::faults) add_faults(scenario, made);
    if (what_ == SweepWhat::goodput) add_goodput(scenario, found.seconds, made);
    return made;
  }

 private:
  SweepWhat what_;
  SearchSpace space_;
};

// A sweep asks for what its scenario has a table of.
void need(bool there, const Document& document, const char* table, const char* hint) {
  if (there) return;
  Fault fault(FaultKind::usage, fmt::format("the scenario has no [{}]", table), hint);
  throw fault.at({document.file, 1}).in(table);
}

}  // namespace

std::vector<std::string> training_number_names(SweepWhat what) {
  std::vector<std::string> names = {"step_s",   "tokens_per_s", "peak_share", "memory_bytes",
                                    "energy_j", "power_w",      "cost_usd"};
  for (const auto& [name, seconds] : parts_of(StepShares())) {
    names.push_back(std::string(name) + "_s");
  }
  if (what == SweepWhat::faults) {
    names.insert(names.end(), {"explicit_step_s", "slowdown"});
  }
  if (what == SweepWhat::goodput) {
    names.insert(names.end(), {"goodput", "goodput_low", "goodput_high", "effective", "steps_kept",
                               "interruptions", "memory_interval_s", "disk_interval_s",
                               "validation_interval_s"});
    for (std::size_t cause = 0; cause < kCauses; ++cause) {
      names.push_back(snake(cause_name(static_cast<Cause>(cause))) + "_share");
    }
  }
  return names;
}

// The scenario as `trainyard cluster` reads it, or a search.
std::unique_ptr<SweptScenario> read_swept_training(SweepWhat what, const Document& document,
                                                   bool values_only) {
  const bool search = what == SweepWhat::plan || (values_only && what == SweepWhat::step);
  SearchSpace space;
  if (search) {
    space = read_search(document);
  } else {
    Document rest = document;
    auto& members = rest.root.members;
    members.erase(std::remove_if(members.begin(), members.end(),
                                 [](const auto& member) { return member.first == "search"; }),
                  members.end());
    space.scenario = values_only ? read_unchecked_scenario(rest) : read_scenario(rest);
    space.scenario.run.tokens = 0;
  }
  if (what == SweepWhat::faults) {
    need(space.scenario.faults.any(), document, "faults",
         "say what is not alike, or evaluate = \"step\"");
  }
  if (what == SweepWhat::goodput) {
    need(space.scenario.reliability.has_value(), document, "reliability",
         "say what may fail, or evaluate = \"step\"");
  }
  return std::make_unique<SweptTraining>(what, std::move(space));
}

}  // namespace trainyard
