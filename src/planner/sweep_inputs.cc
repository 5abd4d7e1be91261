// SPDX-License-Identifier: Apache-2.0
#include "planner/sweep_inputs.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/counter_random.h"
#include "base/nearest.h"

namespace trainyard {
namespace {

constexpr std::uint16_t kPurposeSweep = 0x5357;  // "SW"
constexpr const char* kImbalance = "training.expert_imbalance";

bool ends_with(const std::string& word, const std::string& ending) {
  return word.size() >= ending.size() &&
         word.compare(word.size() - ending.size(), ending.size(), ending) == 0;
}

// Shares of a whole stay shares of it.
bool is_share(const std::string& key) {
  return ends_with(key, "sustained") || ends_with(key, "efficiency") || ends_with(key, "overlap");
}

}  // namespace

std::string nearest_input(const SweptScenario& scenario, const std::string& key) {
  const std::string nearest = nearest_name(key, scenario.input_names());
  return nearest.empty() ? "system.chip.hbm_sustained" : nearest;
}

void move_inputs(const Sweep& sweep, std::int64_t run, SweptScenario& scenario) {
  for (std::size_t i = 0; i < sweep.spreads.size(); ++i) {
    const SweepSpread& spread = sweep.spreads[i];
    CounterRandom random(sweep.seed, kPurposeSweep, static_cast<std::uint64_t>(run) << 16 | i);
    double* there = scenario.input(spread.key);
    if (there == nullptr) {  // another swept system may have it
      Fault fault(FaultKind::usage,
                  fmt::format("{} has no input \"{}\"", scenario.system_name(), spread.key),
                  fmt::format("did you mean \"{}\"?", nearest_input(scenario, spread.key)));
      throw fault.at({sweep.file, 1}).in("monte_carlo.spread");
    }
    double& input = *there;
    const double moved = input * (spread.deviation > 0 ? random.lognormal(1, spread.deviation) : 1);
    input = is_share(spread.key) && input <= 1 ? std::min(1.0, moved) : moved;
    if (spread.key == kImbalance) input = std::max(1.0, input);
  }
}

}  // namespace trainyard
