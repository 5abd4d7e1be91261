// SPDX-License-Identifier: Apache-2.0
#include "planner/search.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "cluster/run_cost.h"
#include "cluster/step_view.h"
#include "planner/front.h"
#include "planner/plan_bounds.h"

namespace trainyard {
namespace {

FoundPlan evaluated(Scenario& scenario, std::int64_t chips, const Plan& plan,
                    bool memory_may_overflow) {
  scenario.chips = chips;
  scenario.plan = plan;
  const StepReport report = evaluate_step(scenario, memory_may_overflow);
  FoundPlan found;
  found.plan = plan;
  found.chips = chips;
  found.seconds = report.seconds;
  found.memory_bytes = report.largest_memory_bytes();
  found.energy_j = report.energy.total_j();
  found.cost_usd = cost_usd(scenario, report.seconds, report.energy.total_j());
  found.shares = report.shares;
  found.energy = report.energy;
  found.model_flop = report.model_flop;
  return found;
}

auto degrees(const FoundPlan& found) {
  const Plan& plan = found.plan;
  return std::make_tuple(found.chips, plan.tensor, plan.context, plan.pipeline, plan.expert);
}

class Search {
 public:
  Search(const SearchSpace& space, std::vector<Layout> layouts, PlanBounds bounds)
      : space_(space),
        layouts_(std::move(layouts)),
        scenario_(space.scenario),
        candidates_(std::move(bounds.candidates)),
        least_(bounds.least) {
    counts_.plans = bounds.plans;
    counts_.too_large = bounds.too_large;
  }

  SearchResult go() {
    if (counts_.plans == 0) throw no_schedule();
    sort();
    for (const PlanCandidate& candidate : candidates_) consider(candidate);
    if (!best_.has_value()) throw nothing_fits();
    SearchResult result;
    result.best = *best_;
    result.runner_up = runner_up_;
    for (const Front::Member& member : front_.members()) {
      result.front.push_back(kept_[member.number]);
    }
    std::sort(result.front.begin(), result.front.end(), [](const auto& a, const auto& b) {
      return std::tie(a.seconds, a.memory_bytes) < std::tie(b.seconds, b.memory_bytes);
    });
    result.counts = counts_;
    return result;
  }

 private:
  double bound_usd(const PlanCandidate& candidate) {
    scenario_.chips = layouts_[candidate.layout].chips;
    return cost_usd(scenario_, candidate.seconds, candidate.energy_j);
  }

  double value(const PlanCandidate& candidate) {
    if (space_.objective == Objective::energy) return candidate.energy_j;
    if (space_.objective == Objective::time) return candidate.seconds;
    return bound_usd(candidate);
  }

  void sort() {
    std::stable_sort(
        candidates_.begin(), candidates_.end(),
        [&](const PlanCandidate& a, const PlanCandidate& b) { return value(a) < value(b); });
  }

  FrontPoint point(double seconds, double memory_bytes, double energy_j, double usd) const {
    return {seconds, memory_bytes, space_.objective == Objective::cost ? usd : energy_j};
  }

  void consider(const PlanCandidate& candidate) {
    const Layout& layout = layouts_[candidate.layout];
    const bool may_win =
        !runner_up_.has_value() || value(candidate) <= runner_up_->value(space_.objective);
    if (!may_win && front_.beats(point(candidate.seconds, candidate.memory_bytes,
                                       candidate.energy_j, bound_usd(candidate)))) {
      return;
    }
    const Plan plan = plan_of(layout, pipings_of(space_, layout)[candidate.piping],
                              savings_of(space_, layout)[candidate.saving]);
    FoundPlan found = evaluated(scenario_, layout.chips, plan, true);
    ++counts_.evaluated;
    if (found.memory_bytes > memory_limit_bytes(space_)) {
      ++counts_.too_large;
      return;
    }
    rank(found);
    const FrontPoint here =
        point(found.seconds, found.memory_bytes, found.energy_j, found.cost_usd);
    if (front_.add(here, kept_.size())) kept_.push_back(std::move(found));
  }

  // Of equal plans the one with less memory goes first, then the one that comes first in the space.
  bool better(const FoundPlan& a, const FoundPlan& b) const {
    return std::make_tuple(a.value(space_.objective), a.memory_bytes) <
           std::make_tuple(b.value(space_.objective), b.memory_bytes);
  }

  void rank(const FoundPlan& found) {
    if (!best_.has_value() || better(found, *best_)) {
      if (best_.has_value() && degrees(*best_) != degrees(found)) runner_up_ = best_;
      best_ = found;
    } else if (degrees(found) != degrees(*best_) &&
               (!runner_up_.has_value() || better(found, *runner_up_))) {
      runner_up_ = found;
    }
  }

  // Of the first layout's first schedule, whose reason stands for all.
  Fault no_schedule() const {
    const Layout& layout = layouts_.front();
    const ScheduleKind kind = space_.schedule.front();
    const std::int64_t chunks = kind == ScheduleKind::dual_pipe ? 2 : space_.virtual_stages.front();
    const std::optional<Fault> reason =
        schedule_fault(kind, layout.pipeline, chunks,
                       space_.scenario.training.global_batch / (layout.data * layout.micro_batch));
    Fault fault(FaultKind::usage,
                reason ? reason->rule() : std::string("no layout has layers for so many stages"),
                reason ? reason->hint() : std::string("lower pipeline or virtual_stages"));
    return at_its_line(space_, fault.at({space_.scenario.file, 1}).in("plan.schedule"));
  }

  Fault nothing_fits() const {
    constexpr double kGiB = 1024.0 * 1024 * 1024;
    const double limit = memory_limit_bytes(space_);
    const std::string which = least_.bytes > limit
                                  ? fmt::format("the smallest, {}, needs {:.1f} GiB a rank",
                                                plan_words(least_.plan), least_.bytes / kGiB)
                                  : std::string("the bounds of some do, their steps do not");
    // Were it shared out evenly over more of them.
    const double chips = least_.bytes / limit * static_cast<double>(layouts_[least_.layout].chips);
    const std::string more =
        least_.bytes > limit ? fmt::format("more chips, about {:.0f} at least", std::ceil(chips))
                             : std::string("more chips");
    Fault fault(FaultKind::limit,
                fmt::format("none of {} plans fits into {:.1f} GiB: {}", counts_.plans,
                            limit / kGiB, which),
                more + ", smaller micro-batches, or allow recompute = \"full\" and zero = 3");
    return at_its_line(space_, fault.at({space_.scenario.file, 1}).in("search"));
  }

  const SearchSpace& space_;
  const std::vector<Layout> layouts_;
  Scenario scenario_;  // with the plan at hand
  std::vector<PlanCandidate> candidates_;
  std::optional<FoundPlan> best_, runner_up_;
  Front front_;
  std::vector<FoundPlan> kept_;  // that were on the front when they came
  SearchCounts counts_;
  const LeastPlan least_;
};

}  // namespace

double cost_usd(const Scenario& scenario, double seconds, double energy_j) {
  StepReport step;
  step.seconds = seconds;
  step.energy.arithmetic_j = energy_j;
  step.tokens = 1;
  return run_cost(scenario, step).usd;
}

double memory_limit_bytes(const SearchSpace& space) {
  const SystemChip& chip = space.scenario.system.chip;
  return space.memory_share * chip.hbm_bytes / static_cast<double>(chip.ranks);
}

FoundPlan evaluate_plan(const SearchSpace& space, std::int64_t chips, const Plan& plan,
                        bool memory_may_overflow) {
  Scenario scenario = space.scenario;
  return evaluated(scenario, chips, plan, memory_may_overflow);
}

namespace {

std::vector<Layout> layouts_with_a_price(const SearchSpace& space) {
  if (space.objective == Objective::cost && cost_usd(space.scenario, 1, 1) <= 0) {
    Fault fault(FaultKind::usage, "the system has no price",
                "set price_usd_per_chip_hour in [run]");
    throw at_its_line(space, fault.at({space.scenario.file, 1}).in("search.objective"));
  }
  return layouts_of(space);
}

}  // namespace

SearchResult search_plans(const SearchSpace& space, unsigned threads, ProcessGroup* group) {
  std::vector<Layout> layouts;
  try {
    layouts = layouts_with_a_price(space);
  } catch (const Fault&) {
    if (group != nullptr) group->part();  // every process finds it by itself
    throw;
  }
  PlanBounds bounds = bound_plans(space, layouts, std::max(1U, threads), group);
  if (group != nullptr && group->rank() != 0) return {};
  return Search(space, std::move(layouts), std::move(bounds)).go();
}

}  // namespace trainyard
