// SPDX-License-Identifier: Apache-2.0
// Small searches, and what is found by trying everything.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/search.h"

namespace trainyard {

inline const char* const kSmall = R"(title = "small"
[system]
base = "trn2-ultraserver"
chips = 16
[model]
layers = 12
hidden = 2048
heads = 16
ffn = 8192
vocab = 65536
experts = 16
top_k = 4
expert_ffn = 1024
dense_layers = 6
[training]
sequence = 4096
global_batch = 192
)";

inline SearchSpace space_of(const std::string& text) {
  return read_search(parse_toml(text, "search.toml"));
}

struct Everything {
  std::optional<FoundPlan> best, runner_up;
  std::vector<FoundPlan> fitting;
};

inline Everything try_everything(const SearchSpace& space) {
  Everything all;
  for (const Layout& layout : layouts_of(space)) {
    for (const Piping& piping : pipings_of(space, layout)) {
      for (const Saving& saving : savings_of(space, layout)) {
        const FoundPlan found = evaluate_plan(space, layout.chips, plan_of(layout, piping, saving));
        if (found.memory_bytes <= memory_limit_bytes(space)) all.fitting.push_back(found);
      }
    }
  }
  const auto least = [&](auto allowed) {
    std::optional<FoundPlan> best;
    for (const FoundPlan& found : all.fitting) {
      const Objective objective = space.objective;
      if (allowed(found) && (!best || found.value(objective) < best->value(objective))) {
        best = found;
      }
    }
    return best;
  };
  all.best = least([](const FoundPlan&) { return true; });
  return all;
}

}  // namespace trainyard
