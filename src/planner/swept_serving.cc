// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "planner/swept_scenario.h"
#include "serving/simulate.h"

namespace trainyard {
namespace {

constexpr std::array<std::pair<const char*, double ServingSoftware::*>, 9> kSoftware = {{
    {"software.matmul_efficiency", &ServingSoftware::matmul_efficiency},
    {"software.memory_efficiency", &ServingSoftware::memory_efficiency},
    {"software.attention_efficiency", &ServingSoftware::attention_efficiency},
    {"software.expert_efficiency", &ServingSoftware::expert_efficiency},
    {"software.elementwise_efficiency", &ServingSoftware::elementwise_efficiency},
    {"software.kernel_us", &ServingSoftware::kernel_us},
    {"software.exchange_overlap", &ServingSoftware::exchange_overlap},
    {"software.iteration_overhead_ms", &ServingSoftware::iteration_overhead_ms},
    {"software.sequence_overhead_us", &ServingSoftware::sequence_overhead_us},
}};

std::vector<std::pair<std::string, double>> numbers_of(const ServingReport& report) {
  std::vector<std::pair<std::string, double>> numbers = {
      {"seconds", report.seconds},
      {"requests_per_s", report.requests_per_s},
      {"output_tokens_per_s", report.output_tokens_per_s},
      {"total_tokens_per_s", report.total_tokens_per_s},
  };
  for (const auto& [name, spread] :
       {std::pair<std::string, const TimeSpread&>{"ttft", report.ttft_s},
        {"tpot", report.tpot_s},
        {"latency", report.latency_s}}) {
    numbers.emplace_back(name + "_mean_s", spread.mean);
    numbers.emplace_back(name + "_p50_s", spread.p50);
    numbers.emplace_back(name + "_p90_s", spread.p90);
    numbers.emplace_back(name + "_p99_s", spread.p99);
  }
  const std::pair<const char*, double> rest[] = {
      {"utilisation", report.utilisation},
      {"mean_batch", report.mean_batch},
      {"kv_mean", report.kv_mean},
      {"kv_peak", report.kv_peak},
      {"preemptions", static_cast<double>(report.preemptions)},
      {"power_w", report.watts},
      {"energy_per_output_token_j", report.joules_per_token},
      {"cost_usd_per_million_output_tokens", report.usd_per_million_tokens},
  };
  numbers.insert(numbers.end(), std::begin(rest), std::end(rest));
  return numbers;
}

class SweptServing : public SweptScenario {
 public:
  explicit SweptServing(ServingScenario scenario) : scenario_(std::move(scenario)) {}

  std::unique_ptr<SweptScenario> copy() const override {
    return std::make_unique<SweptServing>(*this);
  }

  double* input(const std::string& key) override {
    for (const auto& [name, member] : kSoftware) {
      if (key == name) return &(scenario_.software.*member);
    }
    return system_input(scenario_.system, key);
  }
  std::vector<std::string> input_names() const override {
    std::vector<std::string> names = system_input_names(scenario_.system);
    for (const auto& [name, member] : kSoftware) names.emplace_back(name);
    return names;
  }
  std::string system_name() const override { return scenario_.system.name; }
  void draw(std::int64_t run) override {
    scenario_.requests.seed += static_cast<std::uint64_t>(run);
  }

  SweptAnswer answer() const override {
    SweptAnswer made;
    made.plan = plan_words(scenario_);
    for (const auto& [name, value] : numbers_of(serve(scenario_))) made.numbers.push_back(value);
    return made;
  }

 private:
  ServingScenario scenario_;
};

}  // namespace

std::vector<std::string> serving_number_names() {
  std::vector<std::string> names;
  for (const auto& [name, value] : numbers_of({})) names.push_back(name);
  return names;
}

std::unique_ptr<SweptScenario> read_swept_serving(const Document& document, bool values_only) {
  return std::make_unique<SweptServing>(values_only ? read_serving_values(document)
                                                    : read_serving(document));
}

}  // namespace trainyard
