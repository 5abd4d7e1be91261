// SPDX-License-Identifier: Apache-2.0
#include "cluster/sensitivity.h"

#include <algorithm>
#include <cmath>

namespace trainyard {
namespace {

constexpr double kMovedBy = 0.25;

bool is_share(const std::string& path) {
  for (const char* ending : {"sustained", "efficiency"}) {
    const std::string word(ending);
    if (path.size() >= word.size() &&
        path.compare(path.size() - word.size(), word.size(), word) == 0) {
      return true;
    }
  }
  return false;
}

// Moved by a factor, within what the number can be; of what exceeds 1 only the excess is unsure.
double moved(const std::string& path, double value, double factor) {
  if (path == "power.pue") return 1 + (value - 1) * factor;
  if (is_share(path)) return std::min(1.0, value * factor);
  const bool at_least_one = path.find(".oversubscription") != std::string::npos;
  return at_least_one ? std::max(1.0, value * factor) : value * factor;
}

}  // namespace

SensitivityReport sensitivity(const Scenario& scenario, const StepReport& step) {
  SensitivityReport report;
  report.moved_by = kMovedBy;
  Scenario changed = scenario;
  double below_s = 0, above_s = 0, below_j = 0, above_j = 0;
  const auto add = [](double change, double& below, double& above) {
    (change < 0 ? below : above) += change * change;
  };
  for (const SystemInput& input : scenario.system.inputs) {
    if (input.provenance.origin != Origin::assumed) continue;
    double* number = system_number(changed.system, input.path);
    if (number == nullptr) continue;
    const double value = *number;
    MovedInput told{input.path, input.provenance.why};
    *number = moved(input.path, value, 1 - kMovedBy);
    const StepReport low = evaluate_step(changed, true);
    *number = moved(input.path, value, 1 + kMovedBy);
    const StepReport high = evaluate_step(changed, true);
    *number = value;
    told.low_s = low.seconds;
    told.high_s = high.seconds;
    told.low_j = low.energy.total_j();
    told.high_j = high.energy.total_j();
    for (const double seconds : {told.low_s, told.high_s}) {
      add(seconds - step.seconds, below_s, above_s);
    }
    for (const double joules : {told.low_j, told.high_j}) {
      add(joules - step.energy.total_j(), below_j, above_j);
    }
    report.inputs.push_back(std::move(told));
  }
  const auto reach = [](const MovedInput& input) { return std::abs(input.high_s - input.low_s); };
  std::stable_sort(report.inputs.begin(), report.inputs.end(),
                   [&](const MovedInput& a, const MovedInput& b) { return reach(a) > reach(b); });
  report.step_low_s = step.seconds - std::sqrt(below_s);
  report.step_high_s = step.seconds + std::sqrt(above_s);
  report.energy_low_j = step.energy.total_j() - std::sqrt(below_j);
  report.energy_high_j = step.energy.total_j() + std::sqrt(above_j);
  return report;
}

}  // namespace trainyard
