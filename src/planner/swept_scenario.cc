// SPDX-License-Identifier: Apache-2.0
#include "planner/swept_scenario.h"

#include <array>

namespace trainyard {
namespace {

constexpr const char* kSystem = "system.";
constexpr std::size_t kKinds = static_cast<std::size_t>(SweepWhat::serving) + 1;

std::unique_ptr<SweptScenario> read_as(SweepWhat what, const Document& document, bool values_only) {
  return what == SweepWhat::serving ? read_swept_serving(document, values_only)
                                    : read_swept_training(what, document, values_only);
}

}  // namespace

std::unique_ptr<SweptScenario> read_swept(SweepWhat what, const Document& document) {
  return read_as(what, document, false);
}

std::unique_ptr<SweptScenario> read_swept_values(SweepWhat what, const Document& document) {
  return read_as(what, document, true);
}

bool draws(SweepWhat what) {
  return what == SweepWhat::faults || what == SweepWhat::goodput || what == SweepWhat::serving;
}

SweepMeasure measure_of(SweepWhat what) {
  switch (what) {
    case SweepWhat::step:
    case SweepWhat::plan:
      return {"step_s", false};
    case SweepWhat::faults:
      return {"explicit_step_s", false};
    case SweepWhat::goodput:
      return {"goodput", true};
    case SweepWhat::serving:
      break;
  }
  return {"output_tokens_per_s", true};
}

const std::vector<std::string>& number_names(SweepWhat what) {
  static const auto all = [] {
    std::array<std::vector<std::string>, kKinds> names;
    for (std::size_t i = 0; i < kKinds; ++i) {
      const auto kind = static_cast<SweepWhat>(i);
      names[i] = kind == SweepWhat::serving ? serving_number_names() : training_number_names(kind);
    }
    return names;
  }();
  return all[static_cast<std::size_t>(what)];
}

double* system_input(System& system, const std::string& key) {
  if (key.rfind(kSystem, 0) != 0) return nullptr;
  return system_number(system, key.substr(std::string(kSystem).size()));
}

std::vector<std::string> system_input_names(const System& system) {
  std::vector<std::string> names;
  for (const SystemInput& input : system.inputs) names.push_back(kSystem + input.path);
  return names;
}

}  // namespace trainyard
