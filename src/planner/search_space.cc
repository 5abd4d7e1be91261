// SPDX-License-Identifier: Apache-2.0
#include "planner/search_space.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "cluster/schedule.h"

namespace trainyard {
namespace {

Scenario at(const SearchSpace& space, const Layout& layout) {
  Scenario scenario = space.scenario;
  scenario.chips = layout.chips;
  scenario.plan = plan_of(layout, {}, {});
  scenario.plan.virtual_stages = 1;
  return scenario;
}

bool has(const std::vector<ScheduleKind>& kinds, ScheduleKind kind) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

// Loops over every choice of degrees; what does not divide is left out before check_plan, which
// says why, is asked.
class Layouts {
 public:
  explicit Layouts(const SearchSpace& space) : space_(space), scenario_(at(space, {})) {}

  std::vector<Layout> all() {
    for (const std::int64_t chips : space_.chips) {
      layout_.chips = chips;
      const std::int64_t ranks = chips * scenario_.system.chip.ranks;
      for (const std::int64_t tensor : space_.tensor) {
        layout_.tensor = tensor;
        for (const std::int64_t context : space_.context) {
          layout_.context = context;
          for (const std::int64_t pipeline : space_.pipeline) over_pipeline(ranks, pipeline);
        }
      }
    }
    if (found_.empty()) throw at_its_line(space_, *reason_);
    return std::move(found_);
  }

 private:
  void over_pipeline(std::int64_t ranks, std::int64_t pipeline) {
    layout_.pipeline = pipeline;
    const std::int64_t inner = layout_.tensor * layout_.context * pipeline;
    layout_.data = space_.data > 0 ? space_.data : std::max<std::int64_t>(1, ranks / inner);
    const bool divides = layout_.data * inner == ranks;
    if (!divides && !reason_.has_value()) reason_ = does_not_divide(ranks);
    for (const std::int64_t micro_batch : space_.micro_batch) {
      layout_.micro_batch = micro_batch;
      if (!divides) continue;
      const bool batches =
          space_.scenario.training.global_batch % (layout_.data * micro_batch) == 0;
      if (!batches && reason_.has_value()) continue;
      for (const std::int64_t expert : space_.expert) {
        layout_.expert = expert;
        const bool spread = layout_.tensor * layout_.context * layout_.data % expert == 0;
        if (spread || !reason_.has_value()) add();
      }
    }
  }

  Fault does_not_divide(std::int64_t ranks) const {
    const bool fixed = space_.data > 0;
    Fault fault(FaultKind::usage,
                fmt::format("{}tensor x context x pipeline = {}{} x {} x {} does not divide the {} "
                            "ranks",
                            fixed ? "data x " : "", fixed ? fmt::format("{} x ", space_.data) : "",
                            layout_.tensor, layout_.context, layout_.pipeline, ranks),
                "change a degree, or the number of chips");
    return fault.at({space_.scenario.file, 1}).in("plan");
  }

  void add() {
    scenario_.chips = layout_.chips;
    scenario_.plan = plan_of(layout_, {}, {});
    try {
      check_plan(scenario_);
      found_.push_back(layout_);
    } catch (const Fault& fault) {
      reason_ = fault;
    }
  }

  const SearchSpace& space_;
  Scenario scenario_;
  Layout layout_;
  std::vector<Layout> found_;
  std::optional<Fault> reason_;
};

}  // namespace

Fault at_its_line(const SearchSpace& space, Fault fault) {
  for (const std::string& table : {std::string("plan."), std::string("search.")}) {
    const std::string& key = fault.instruction();
    const auto found = space.lines.find(table + key.substr(key.find('.') + 1));
    if (found != space.lines.end()) return fault.at({space.scenario.file, found->second});
  }
  const auto found = space.lines.find(fault.instruction());
  if (found != space.lines.end()) fault.at({space.scenario.file, found->second});
  return fault;
}

std::string objective_name(Objective objective) {
  return objective == Objective::time ? "time" : objective == Objective::cost ? "cost" : "energy";
}

Plan plan_of(const Layout& layout, const Piping& piping, const Saving& saving) {
  Plan plan;
  plan.tensor = layout.tensor;
  plan.context = layout.context;
  plan.pipeline = layout.pipeline;
  plan.data = layout.data;
  plan.expert = layout.expert;
  plan.micro_batch = layout.micro_batch;
  plan.schedule = piping.schedule;
  plan.virtual_stages = piping.virtual_stages;
  plan.recompute = saving.recompute;
  plan.zero = saving.zero;
  plan.sequence_parallel = saving.sequence_parallel;
  return plan;
}

std::vector<Layout> layouts_of(const SearchSpace& space) {
  return Layouts(space).all();
}

std::vector<Piping> pipings_of(const SearchSpace& space, const Layout& layout) {
  const std::int64_t layers = space.scenario.model.layers + space.scenario.model.mtp_layers;
  const std::int64_t micro_batches =
      space.scenario.training.global_batch / (layout.data * layout.micro_batch);
  std::vector<Piping> found;
  const auto add = [&](ScheduleKind kind, std::int64_t chunks) {
    const bool dual = kind == ScheduleKind::dual_pipe;
    if (layout.pipeline * (dual ? 1 : chunks) > layers) return;
    if (!schedule_fault(kind, layout.pipeline, chunks, micro_batches)) {
      found.push_back({kind, chunks});
    }
  };
  // Without a pipeline all schedules are the same.
  const bool alone = layout.pipeline == 1 && has(space.schedule, ScheduleKind::one_f_one_b) &&
                     space.virtual_stages.front() == 1;
  for (const ScheduleKind kind : space.schedule) {
    if (alone && kind != ScheduleKind::one_f_one_b) continue;
    if (kind == ScheduleKind::dual_pipe) {
      add(kind, 2);
      continue;
    }
    for (const std::int64_t chunks : space.virtual_stages) {
      // Interleaved with one chunk is 1F1B with more micro-batches held.
      const bool same = kind == ScheduleKind::interleaved && chunks == 1 &&
                        has(space.schedule, ScheduleKind::one_f_one_b);
      if (!same) add(kind, chunks);
    }
  }
  return found;
}

std::vector<Saving> savings_of(const SearchSpace& space, const Layout& layout) {
  std::vector<Saving> found;
  for (const Recompute recompute : space.recompute) {
    for (const std::int64_t zero : space.zero) {
      for (const bool parallel : space.sequence_parallel) {
        found.push_back({recompute, zero, parallel});
        if (layout.tensor == 1) break;
      }
    }
  }
  return found;
}

}  // namespace trainyard
