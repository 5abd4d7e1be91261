// SPDX-License-Identifier: Apache-2.0
// [plan] and [search] of a scenario as a SearchSpace.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "planner/search_space.h"

namespace trainyard {
namespace {

constexpr std::int64_t kContextMax = 64, kVirtualStagesMax = 8;
constexpr std::size_t kValuesMax = 10000;

std::vector<std::int64_t> divisors(std::int64_t n, std::int64_t most) {
  std::vector<std::int64_t> found;
  for (std::int64_t i = 1; i <= std::min(n, most); ++i) {
    if (n % i == 0) found.push_back(i);
  }
  return found;
}

template <typename Choice>
std::vector<Choice> every(int count) {
  std::vector<Choice> all;
  for (int i = 0; i < count; ++i) all.push_back(static_cast<Choice>(i));
  return all;
}

class Reading {
 public:
  Reading(TableReader& plan, TableReader& search) : plan_(plan), search_(search) {}

  // Of a count: fixed in [plan], a list or { from, to } in [search], or what is usual.
  std::vector<std::int64_t> counts(const char* key, std::vector<std::int64_t> usual,
                                   std::int64_t least = 1, double most = 1e15) {
    if (plan_.has(key)) {
      once(key);
      const std::int64_t value = plan_.count(key, std::nullopt, least);
      if (static_cast<double>(value) > most) {
        throw plan_.fault(key, fmt::format("{} is outside what it can be", value),
                          fmt::format("from {} to {}", least, most));
      }
      return {value};
    }
    plan_.node(key);
    const DocumentNode* node = search_.node(key);
    if (node == nullptr) return usual;
    if (node->is(DocumentNode::Kind::table)) return within(key, std::move(usual));
    std::vector<std::int64_t> values;
    for (const DocumentNode& item : items(key, *node)) {
      const double value = item.number;
      if (!item.is(DocumentNode::Kind::number) || value != std::floor(value) ||
          !(value >= static_cast<double>(least)) || value > most) {
        throw search_.fault(
            key, fmt::format("this is a list of whole numbers from {} to {}", least, most),
            fmt::format("{} = [1, 2, 4], or {{ from = 1, to = 4 }}", key));
      }
      values.push_back(static_cast<std::int64_t>(value));
    }
    return values;
  }

  // Of words: those that `name` gives to the values 0, 1, …
  template <typename Choice>
  std::vector<Choice> choices(const char* key, int count, std::string (*name)(Choice),
                              std::vector<Choice> usual) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back(name(static_cast<Choice>(i)));
    const auto value_of = [&](const std::string& word) {
      const auto found = std::find(names.begin(), names.end(), word);
      return static_cast<Choice>(found - names.begin());
    };
    if (plan_.has(key)) {
      once(key);
      return {value_of(plan_.choice(key, names))};
    }
    plan_.node(key);
    const DocumentNode* node = search_.node(key);
    if (node == nullptr) return usual;
    std::vector<Choice> values;
    for (const DocumentNode& item : items(key, *node)) {
      if (std::find(names.begin(), names.end(), item.words) == names.end()) {
        throw search_.fault(key, "this is a list of names",
                            fmt::format("there are {}", fmt::join(names, ", ")));
      }
      values.push_back(value_of(item.words));
    }
    return values;
  }

  std::vector<bool> truths(const char* key) {
    if (plan_.has(key)) {
      once(key);
      return {plan_.truth(key)};
    }
    plan_.node(key);
    const DocumentNode* node = search_.node(key);
    if (node == nullptr) return {true, false};
    std::vector<bool> values;
    for (const DocumentNode& item : items(key, *node)) {
      if (!item.is(DocumentNode::Kind::truth)) {
        throw search_.fault(key, "this is a list of true and false", "[true, false]");
      }
      values.push_back(item.truth);
    }
    return values;
  }

 private:
  void once(const char* key) {
    if (!search_.has(key)) return;
    throw search_.fault(key, fmt::format("[plan] fixes \"{}\" already", key),
                        "name it in one of the two");
  }

  std::vector<std::int64_t> within(const char* key, std::vector<std::int64_t> usual) {
    TableReader bounds = search_.table(key);
    const std::int64_t from = bounds.count("from", 1, 0), to = bounds.count("to", 1000000000);
    bounds.finish();
    std::vector<std::int64_t> values;
    for (const std::int64_t value : usual) {
      if (value >= from && value <= to) values.push_back(value);
    }
    if (values.empty()) {
      throw search_.fault(key, fmt::format("nothing lies from {} to {}", from, to),
                          fmt::format("there are {}", fmt::join(usual, ", ")));
    }
    return values;
  }

  const std::vector<DocumentNode>& items(const char* key, const DocumentNode& node) {
    if (!node.is(DocumentNode::Kind::list) || node.items.empty() ||
        node.items.size() > kValuesMax) {
      throw search_.fault(key, "this is a list of what may be tried",
                          "one fixed value stands in [plan]");
    }
    return node.items;
  }

  TableReader& plan_;
  TableReader& search_;
};

std::vector<std::int64_t> stages_of(const Scenario& scenario) {
  std::vector<std::int64_t> stages;
  for (std::int64_t i = 1; i <= scenario.model.layers + scenario.model.mtp_layers; ++i) {
    stages.push_back(i);
  }
  return stages;
}

Document without_plan(const Document& document) {
  Document rest;
  rest.file = document.file;
  rest.root = document.root;
  const auto dropped = [](const auto& entry) {
    return entry.first == "plan" || entry.first == "search";
  };
  auto& members = rest.root.members;
  members.erase(std::remove_if(members.begin(), members.end(), dropped), members.end());
  return rest;
}

void read_chips(SearchSpace& space, TableReader& search) {
  space.chips = {space.scenario.chips};
  const DocumentNode* node = search.node("chips");
  if (node == nullptr) return;
  space.chips.clear();
  for (const DocumentNode& item : node->items) {
    const double most = static_cast<double>(space.scenario.system.levels.back().chips);
    if (!item.is(DocumentNode::Kind::number) || item.number != std::floor(item.number) ||
        !(item.number >= 1) || item.number > most) {
      throw search.fault("chips", fmt::format("a number of chips is whole, from 1 to {}", most),
                         "chips = [1024, 4096]");
    }
    space.chips.push_back(static_cast<std::int64_t>(item.number));
  }
  if (space.chips.empty())
    throw search.fault("chips", "this is a list of numbers of chips", "chips = [1024, 4096]");
}

}  // namespace

SearchSpace read_search(const Document& document) {
  SearchSpace space;
  space.scenario = read_unchecked_scenario(without_plan(document));
  space.scenario.run.tokens = 0;
  TableReader root(document);
  for (const auto& [name, table] : document.root.members) {
    space.lines[name] = table.line;
    for (const auto& [key, node] : table.members) space.lines[name + "." + key] = node.line;
  }
  TableReader plan = root.table("plan"), search = root.table("search");
  const Model& model = space.scenario.model;
  Reading reading(plan, search);
  constexpr std::int64_t kAny = 1000000000;
  space.tensor = reading.counts("tensor", divisors(model.heads, kAny));
  space.context =
      reading.counts("context", divisors(space.scenario.training.sequence, kContextMax));
  space.pipeline = reading.counts("pipeline", stages_of(space.scenario));
  space.expert = reading.counts(
      "expert", model.has_experts() ? divisors(model.experts, kAny) : divisors(1, 1));
  space.micro_batch = reading.counts("micro_batch", {1, 2, 4, 8});
  std::vector<std::int64_t> chunks;
  for (std::int64_t i = 1; i <= kVirtualStagesMax; ++i) chunks.push_back(i);
  space.virtual_stages = reading.counts("virtual_stages", chunks);
  space.zero = reading.counts("zero", {0, 1, 2, 3}, 0, 3);
  space.data = plan.has("data") ? plan.count("data") : 0;
  // GPipe takes 1F1B's time and more memory: only by its name.
  space.schedule =
      reading.choices<ScheduleKind>("schedule", 5, schedule_name,
                                    {ScheduleKind::one_f_one_b, ScheduleKind::interleaved,
                                     ScheduleKind::zero_bubble, ScheduleKind::dual_pipe});
  space.recompute = reading.choices<Recompute>("recompute", 3, recompute_name, every<Recompute>(3));
  space.sequence_parallel = reading.truths("sequence_parallel");
  plan.node("data");
  plan.finish();
  read_chips(space, search);
  space.memory_share = search.number("memory_share", 0.01, 1, 1);
  const std::string objective = search.choice("objective", {"time", "cost", "energy"}, "time");
  space.objective = objective == "time"   ? Objective::time
                    : objective == "cost" ? Objective::cost
                                          : Objective::energy;
  search.finish();
  return space;
}

}  // namespace trainyard
