// SPDX-License-Identifier: Apache-2.0
#include "cluster/explicit_step.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/fault.h"
#include "cluster/link_faults.h"
#include "cluster/operator_time.h"

namespace trainyard {
namespace {

constexpr double kShareOfClasses = 0.1;

// Of the products of experts in one layer: forward, the inputs' gradients, the weights'.
struct ExpertSeconds {
  double forward_s = 0, backward_s = 0, weights_s = 0;
};

ExpertSeconds expert_seconds(const Scenario& scenario, const LayerWork& work) {
  const OperatorTimes times(scenario.system, scenario.software, scenario.training.format,
                            &scenario.operators);
  ExpertSeconds seconds;
  for (const Operator& op : work.operators) {
    if (!op.of_experts) continue;
    seconds.forward_s += times.forward_s(op);
    seconds.backward_s += times.backward_s(op);
    if (op.has_weights && !op.frozen) seconds.weights_s += times.backward_s(op) / 2;
  }
  return seconds;
}

OperationParts parts_of(const StepShares& shares, double expert_s) {
  OperationParts parts;
  const double work_s =
      shares.matmul_s + shares.attention_s + shares.elementwise_s + shares.recompute_s;
  parts.expert_s = std::min(expert_s, work_s);
  parts.compute_s = work_s - parts.expert_s;
  parts.tensor_s = shares.tensor_s;
  parts.context_s = shares.context_s;
  parts.exchange_s = shares.expert_s;
  parts.other_s = shares.gather_s;
  // Where the host holds it up, a faster chip would be no faster.
  if (shares.launch_s > 0) parts.least_s = shares.total();
  return parts;
}

StepShares difference(const StepShares& both, const StepShares& forward) {
  StepShares rest = both;
  rest.matmul_s -= forward.matmul_s;
  rest.attention_s -= forward.attention_s;
  rest.elementwise_s -= forward.elementwise_s;
  rest.recompute_s -= forward.recompute_s;
  rest.launch_s -= forward.launch_s;
  rest.tensor_s -= forward.tensor_s;
  rest.context_s -= forward.context_s;
  rest.expert_s -= forward.expert_s;
  rest.gather_s -= forward.gather_s;
  return rest;
}

// Each chip's experts have what the rank of theirs that has most has.
void set_loads(const Scenario& scenario, const LanePlan& plan, LaneState& state) {
  const std::vector<double>& loads = scenario.faults.expert_loads;
  if (loads.empty()) return;
  state.exchange_load = *std::max_element(loads.begin(), loads.end());
  state.chip_load.assign(static_cast<std::size_t>(scenario.chips), 0.0F);
  for (std::int64_t rank = 0; rank < scenario.ranks(); ++rank) {
    const auto at = static_cast<std::size_t>(rank % plan.stage_ranks) % loads.size();
    float& load = state.chip_load[static_cast<std::size_t>(rank / plan.chip_ranks)];
    load = std::max(load, static_cast<float>(loads[at]));
  }
}

// The slowest chip of a lane; -1 where none is slower than usual.
std::int64_t slowest_chip(const LanePlan& plan, const LaneState& state, std::int64_t lane) {
  std::int64_t slowest = -1;
  float most = 1;
  for (std::int64_t stage = 0; stage < plan.schedule.ranks && !state.chip.empty(); ++stage) {
    const std::int64_t first = plan.first_rank(stage, lane);
    const std::int64_t last = (first + plan.lane_ranks - 1) / plan.chip_ranks;
    for (std::int64_t chip = first / plan.chip_ranks; chip <= last; ++chip) {
      if (state.chip[static_cast<std::size_t>(chip)] <= most) continue;
      most = state.chip[static_cast<std::size_t>(chip)];
      slowest = chip;
    }
  }
  return slowest;
}

double rest_of_step(const Scenario& scenario, const FoldedStep& step, double data, double slowest) {
  return step.data_s * data + step.optimizer_s * slowest +
         scenario.software.step_overhead_ms * 1e-3;
}

// Lanes that stand for all, one of each class, and more than `most` if there are more classes than
// that: then they are of no use.
std::vector<std::int64_t> representatives(const PipelineLanes& lanes, std::int64_t count,
                                          std::size_t most) {
  std::vector<std::int64_t> chosen;
  std::map<std::vector<double>, std::int64_t> classes;
  bool has_usual = false;
  for (std::int64_t lane = 0; lane < count && chosen.size() <= most; ++lane) {
    if (lanes.usual(lane)) {
      if (!has_usual) chosen.push_back(lane);
      has_usual = true;
    } else if (classes.emplace(lanes.times(lane), lane).second) {
      chosen.push_back(lane);
    }
  }
  return chosen;
}

}  // namespace

LanePlan lane_plan(const Scenario& scenario, const FoldedStep& step) {
  const Plan& laid = scenario.plan;
  LanePlan plan;
  plan.schedule = step.schedule;
  plan.send_s = step.times.send_s;
  plan.chip_ranks = scenario.system.chip.ranks;
  plan.stage_ranks = laid.tensor * laid.context * laid.data;
  // Experts' groups that go across replicas make them wait for each other, and so do parameters
  // that all replicas gather.
  plan.lane_ranks =
      laid.zero >= 3 ? plan.stage_ranks : std::lcm(laid.tensor * laid.context, laid.expert);
  plan.lanes = plan.stage_ranks / plan.lane_ranks;
  const ExpertSeconds experts = expert_seconds(scenario, step.works.expert);
  for (std::size_t i = 0; i < step.chunks.size(); ++i) {
    const double layers = step.chunks[i].expert;
    const StepShares& forward = step.chunk_forward[i];
    const StepShares backward = difference(step.chunk_shares[i], forward);
    plan.parts.push_back(parts_of(forward, layers * experts.forward_s));
    OperationParts back = parts_of(backward, layers * experts.backward_s);
    OperationParts weights;
    weights.expert_s = std::min(layers * experts.weights_s, step.times.weights_s[i]);
    weights.compute_s = step.times.weights_s[i] - weights.expert_s;
    if (plan.schedule.weights_apart) {
      back.expert_s -= weights.expert_s;
      back.compute_s -= weights.compute_s;
      back.least_s = std::max(0.0, back.least_s - step.times.weights_s[i]);
    }
    plan.parts.push_back(back);
    plan.parts.push_back(weights);
  }
  return plan;
}

ExplicitStep evaluate_explicit(const Scenario& scenario, const FoldedStep& step, unsigned threads,
                               bool every_replica) {
  const Faults& faults = scenario.faults;
  const LanePlan plan = lane_plan(scenario, step);
  LaneState state;
  if (!faults.chips.empty() || faults.slow_share > 0 || !faults.racks.empty() ||
      faults.step_jitter > 0) {
    state.chip = chip_slowness(faults, scenario.chips);
  }
  set_loads(scenario, plan, state);
  state.noise = ChipNoise(faults.jitter, faults.seed);
  LinkSlowness links;
  try {
    links = link_slowness(scenario, step, plan, state);
  } catch (const Fault& fault) {
    if (fault.place().known()) throw;
    throw Fault(fault).at(scenario.place("faults")).in("faults.link");
  }
  const PipelineLanes pipelines(plan, state);

  ExplicitStep made;
  made.symmetric_s =
      run_schedule(step.schedule, step.times, false).seconds + rest_of_step(scenario, step, 1, 1);
  made.lanes = plan.lanes;
  made.replicas_a_lane = plan.lane_ranks / (scenario.plan.tensor * scenario.plan.context);
  const auto most =
      static_cast<std::size_t>(std::max(1.0, kShareOfClasses * static_cast<double>(plan.lanes)));
  std::vector<std::int64_t> lanes;
  if (state.noise.none()) lanes = representatives(pipelines, plan.lanes, most);
  made.classes = state.noise.none() ? static_cast<std::int64_t>(lanes.size()) : plan.lanes;
  const bool many = static_cast<std::size_t>(made.classes) > most;
  if (every_replica || !state.noise.none() || many) {
    made.depth = StepDepth::explicit_chips;
    made.why =
        !state.noise.none() ? "noise makes every chip differ"
        : many ? fmt::format("at least {} of {} replicas or groups of them differ from each other",
                             made.classes, plan.lanes)
               : "every replica was asked for";
    lanes.resize(static_cast<std::size_t>(plan.lanes));
    std::iota(lanes.begin(), lanes.end(), 0);
  } else if (made.classes > 1) {
    made.depth = StepDepth::classes;
    made.why =
        fmt::format("{} classes stand for {} replicas or groups of them", made.classes, plan.lanes);
  } else {
    made.why = "all replicas are alike";
  }
  const std::vector<double> end_s = pipelines.run(lanes, threads);
  const auto last = std::max_element(end_s.begin(), end_s.end());
  made.last_lane = lanes[static_cast<std::size_t>(last - end_s.begin())];
  made.last_chip = slowest_chip(plan, state, made.last_lane);
  const double slowest =
      state.chip.empty() ? 1.0 : *std::max_element(state.chip.begin(), state.chip.end());
  made.seconds = *last + rest_of_step(scenario, step, links.data, slowest);
  for (std::string& told : links.told) made.causes.push_back({"links", std::move(told), 0});
  return made;
}

ExplicitStep explain_faults(const Scenario& scenario, const FoldedStep& step, unsigned threads) {
  ExplicitStep made = evaluate_explicit(scenario, step, threads);
  made.causes.clear();
  Scenario one = scenario;
  const auto alone = [&](const char* name, auto&& keep) {
    one.faults = Faults();
    one.faults.seed = scenario.faults.seed;
    keep(one.faults);
    if (!one.faults.any()) return;
    const ExplicitStep by_itself = evaluate_explicit(one, step, threads);
    std::string what;
    if (by_itself.last_chip >= 0) {
      what = fmt::format("chip {} of replica {} ends last", by_itself.last_chip,
                         by_itself.last_lane * by_itself.replicas_a_lane);
    }
    for (const SlowdownCause& told : by_itself.causes) {
      what += (what.empty() ? "" : "; ") + told.what;
    }
    made.causes.push_back({name, what, by_itself.seconds});
  };
  const Faults& all = scenario.faults;
  alone("slow chips", [&](Faults& kept) {
    kept.chips = all.chips;
    kept.slow_share = all.slow_share;
    kept.slow_speed = all.slow_speed;
  });
  alone("racks of another speed", [&](Faults& kept) { kept.racks = all.racks; });
  alone("links", [&](Faults& kept) { kept.links = all.links; });
  alone("experts' loads", [&](Faults& kept) { kept.expert_loads = all.expert_loads; });
  alone("good and bad steps", [&](Faults& kept) { kept.step_jitter = all.step_jitter; });
  alone("noise", [&](Faults& kept) { kept.jitter = all.jitter; });
  std::stable_sort(
      made.causes.begin(), made.causes.end(),
      [](const SlowdownCause& a, const SlowdownCause& b) { return a.seconds > b.seconds; });
  return made;
}

}  // namespace trainyard
