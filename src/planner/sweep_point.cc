// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cluster/operator_time.h"
#include "cluster/step.h"
#include "cluster/step_view.h"
#include "planner/search.h"
#include "planner/sweep.h"
#include "planner/sweep_inputs.h"

namespace trainyard {
namespace {

void fill(const Scenario& scenario, std::int64_t chips, const FoundPlan& found, SweepRow& row) {
  row.plan = fmt::format("{}, micro-batch {}", plan_words(found.plan), found.plan.micro_batch);
  const Training& training = scenario.training;
  const double tokens =
      static_cast<double>(training.global_batch) * static_cast<double>(training.sequence);
  const double peak = static_cast<double>(chips) * peak_of(scenario.system.chip, training.format);
  row.numbers = {
      found.seconds,      tokens / found.seconds, found.model_flop / found.seconds / peak,
      found.memory_bytes, found.energy_j,         found.energy_j / found.seconds,
      found.cost_usd};
  for (const auto& [name, seconds] : parts_of(found.shares)) row.numbers.push_back(seconds);
}

// The scenario as `trainyard cluster` reads it, or a search.
SearchSpace read_place(const Sweep& sweep, const SweepPlace& place) {
  Document document = scenario_of(sweep, place);
  if (sweep.what == SweepWhat::plan) return read_search(document);
  auto& members = document.root.members;
  members.erase(std::remove_if(members.begin(), members.end(),
                               [](const auto& member) { return member.first == "search"; }),
                members.end());
  SearchSpace space;
  space.scenario = read_scenario(document);
  space.scenario.run.tokens = 0;
  return space;
}

}  // namespace

std::string hash_of(const std::string& text) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  std::array<std::uint64_t, 2> hash = {0xcbf29ce484222325, 0x84222325cbf29ce4};
  for (const char letter : text) {
    for (std::uint64_t& half : hash) {
      half = (half ^ static_cast<unsigned char>(letter)) * kPrime;
    }
    hash[1] ^= hash[1] >> 29;  // the halves differ in more than where they begin
  }
  // The last letters move every bit too (MurmurHash3's end).
  for (std::uint64_t& half : hash) {
    half = (half ^ half >> 33) * 0xff51afd7ed558ccd;
    half = (half ^ half >> 33) * 0xc4ceb9fe1a85ec53;
    half ^= half >> 33;
  }
  return fmt::format("{:016x}{:016x}", hash[0], hash[1]);
}

std::string key_of(const Sweep& sweep, std::int64_t point) {
  return hash_of(fmt::format("{}/{}", sweep.hash, point));
}

Fault in_sweep(const Sweep& sweep, const Fault& fault) {
  Fault told = fault;
  for (const SweepAxis& axis : sweep.axes) {
    // A system's base is read without its table's name.
    const bool same = fault.instruction() == axis.key ||
                      (axis.key == "system.base" && fault.instruction() == "base");
    if (same) told.at({sweep.file, axis.line});
  }
  return told;
}

const std::vector<std::string>& number_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all = {"step_s",   "tokens_per_s", "peak_share", "memory_bytes",
                                    "energy_j", "power_w",      "cost_usd"};
    for (const auto& [name, seconds] : parts_of(StepShares())) {
      all.push_back(std::string(name) + "_s");
    }
    return all;
  }();
  return names;
}

const SearchSpace& PointEvaluation::read(const SweepPlace& place) {
  if (!space_.has_value() || place.values != values_) {
    space_.reset();
    space_ = read_place(sweep_, place);
    values_ = place.values;
  }
  return *space_;
}

SweepRow PointEvaluation::of(std::int64_t point) {
  SweepRow row;
  row.point = point;
  row.key = key_of(sweep_, point);
  try {
    const SweepPlace place = place_of(sweep_, point);
    SearchSpace space = read(place);
    move_inputs(sweep_, place.run, space.scenario);
    const Scenario& scenario = space.scenario;
    if (sweep_.what == SweepWhat::plan) {
      const SearchResult result = search_plans(space);
      fill(scenario, result.best.chips, result.best, row);
    } else {
      fill(scenario, scenario.chips, evaluate_plan(space, scenario.chips, scenario.plan, false),
           row);
    }
  } catch (const Fault& fault) {
    if (fault.kind() == FaultKind::internal) throw;
    row.fault = in_sweep(sweep_, fault).message();
  }
  return row;
}

}  // namespace trainyard
