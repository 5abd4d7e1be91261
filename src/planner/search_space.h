// SPDX-License-Identifier: Apache-2.0
// Which layouts of a training run a search may choose from. A scenario without a whole plan: keys
// of [plan] stay as they are, [search] lists what others may be, and those that neither names are
// free (docs/planner.md).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cluster/scenario.h"

namespace trainyard {

enum class Objective : std::uint8_t { time, cost, energy };
std::string objective_name(Objective objective);

// Allowed values of each axis, in the order in which they are tried.
struct SearchSpace {
  Scenario scenario;  // everything but the plan, and of its run one step
  Objective objective = Objective::time;
  double memory_share = 1;  // of a rank's HBM, at most
  std::int64_t data = 0;    // fixed; 0: what the others leave
  std::vector<std::int64_t> chips, tensor, context, pipeline, expert, micro_batch, virtual_stages,
      zero;
  std::vector<ScheduleKind> schedule;
  std::vector<Recompute> recompute;
  std::vector<bool> sequence_parallel;
  std::map<std::string, int> lines;  // of "plan.tensor", "training.global_batch", …
};

// A fault at the line of its key, where the file has it.
Fault at_its_line(const SearchSpace& space, Fault fault);

// Throws Fault(usage) with file, line and the way out.
SearchSpace read_search(const Document& document);

// A layout but for what does not change who computes what: recompute, zero, schedule.
struct Layout {
  std::int64_t chips = 1, tensor = 1, context = 1, pipeline = 1, data = 1, expert = 1,
               micro_batch = 1;
};
// Those that check_plan lets pass. Throws Fault(usage), the last reason, when there is none.
std::vector<Layout> layouts_of(const SearchSpace& space);

// A schedule and its virtual stages.
struct Piping {
  ScheduleKind schedule = ScheduleKind::one_f_one_b;
  std::int64_t virtual_stages = 1;
};
// Those that a layout can have.
std::vector<Piping> pipings_of(const SearchSpace& space, const Layout& layout);
// Recompute, zero and sequence parallelism, of each layout the same but for tensor 1, for which
// sequence parallelism means nothing.
struct Saving {
  Recompute recompute = Recompute::none;
  std::int64_t zero = 0;
  bool sequence_parallel = true;
};
std::vector<Saving> savings_of(const SearchSpace& space, const Layout& layout);

Plan plan_of(const Layout& layout, const Piping& piping, const Saving& saving);

}  // namespace trainyard
