// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/table_reader.h"
#include "planner/sweep.h"
#include "planner/sweep_inputs.h"
#include "serving/serving.h"

namespace trainyard {
namespace {

constexpr std::int64_t kPointsMax = 10000000;
constexpr std::size_t kTextMax = std::size_t{1} << 20;
constexpr std::size_t kFileMax = std::size_t{1} << 30;

std::string beside(const std::string& file, const std::string& name) {
  namespace fs = std::filesystem;
  return fs::path(name).is_absolute() ? name : (fs::path(file).parent_path() / name).string();
}

// Sets "a.b.c" in a tree, and makes the tables on the way.
void set(DocumentNode& root, const std::string& key, const DocumentNode& value,
         const SweepAxis& axis, const std::string& file) {
  DocumentNode* table = &root;
  std::size_t begin = 0;
  for (std::size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', begin)) {
    const std::string name = key.substr(begin, dot - begin);
    begin = dot + 1;
    auto& members = table->members;
    auto found = std::find_if(members.begin(), members.end(),
                              [&](const auto& member) { return member.first == name; });
    if (found == members.end()) {
      DocumentNode made;
      made.kind = DocumentNode::Kind::table;
      made.line = axis.line;
      members.emplace_back(name, std::move(made));
      found = members.end() - 1;
    }
    if (!found->second.is(DocumentNode::Kind::table)) {
      Fault fault(FaultKind::usage, fmt::format("\"{}\" is no table of the scenario", name),
                  "a key is written with its tables: \"plan.tensor\"");
      throw fault.at({file, axis.line}).in("sweep." + key);
    }
    table = &found->second;
  }
  const std::string last = key.substr(begin);
  for (auto& member : table->members) {
    if (member.first == last) {
      member.second = value;
      return;
    }
  }
  table->members.emplace_back(last, value);
}

std::vector<SweepAxis> read_axes(TableReader& root) {
  std::vector<SweepAxis> axes;
  TableReader table = root.table("sweep");
  for (const std::string& key : table.keys()) {
    const DocumentNode& node = *table.node(key);
    if (key.find('.') == std::string::npos) {
      throw table.fault(key, fmt::format("\"{}\" names no table of the scenario", key),
                        "write keys with their tables, in quotes: \"plan.tensor\" = [4, 8]");
    }
    if (!node.is(DocumentNode::Kind::list) || node.items.empty()) {
      throw table.fault(key, "this is a list of values", "one fixed value stands in the scenario");
    }
    SweepAxis axis{key, node.items, node.line};
    for (DocumentNode& value : axis.values) value.line = node.line;
    axes.push_back(std::move(axis));
  }
  return axes;
}

void read_chance(Sweep& sweep, TableReader& root) {
  TableReader chance = root.table("monte_carlo");
  sweep.seeds = chance.count("seeds", 1);
  sweep.seed = static_cast<std::uint64_t>(chance.count("seed", 1, 0));
  TableReader spread = chance.table("spread");
  for (const std::string& key : spread.keys()) {
    sweep.spreads.push_back({key, spread.number(key, 0, 2)});
  }
  chance.finish();
  if (sweep.seeds > 1 && sweep.spreads.empty() && !draws(sweep.what)) {
    throw chance.fault("seeds", "chance moves nothing: all runs would be the same",
                       "name inputs in [monte_carlo.spread]");
  }
  const auto scenario = read_swept_values(sweep.what, scenario_of(sweep, place_of(sweep, 0)));
  for (const SweepSpread& moved : sweep.spreads) {
    if (scenario->input(moved.key) != nullptr) continue;
    const std::string nearest = nearest_input(*scenario, moved.key);
    throw spread.fault(moved.key, fmt::format("\"{}\" is no input that chance can move", moved.key),
                       fmt::format("did you mean \"{}\"?", nearest));
  }
}

// Every value of every axis once, others at their first: what is no value of its key is told
// before anything runs. Whether a plan divides is a point's own matter.
void try_values(const Sweep& sweep) {
  for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) {
    SweepPlace place = place_of(sweep, 0);
    for (std::size_t value = 0; value < sweep.axes[axis].values.size(); ++value) {
      place.values[axis] = value;
      try {
        read_swept_values(sweep.what, scenario_of(sweep, place));
      } catch (const Fault& fault) {
        throw in_sweep(sweep, fault);
      }
    }
  }
}

// Files that a scenario names and its results follow from.
std::string text_of_files(const Document& scenario) {
  struct Named {
    const char *table, *key, *what;
  };
  std::string text;
  for (const Named& named : {Named{"model", "config", "the model's config"},
                             {"requests", "trace", "the trace of requests"}}) {
    const DocumentNode* table = scenario.root.find(named.table);
    const DocumentNode* file = table == nullptr ? nullptr : table->find(named.key);
    if (file == nullptr || !file->is(DocumentNode::Kind::words)) continue;
    text += read_text(beside(scenario.file, file->words), named.what, kFileMax) + '\0';
  }
  return text;
}

SweepWhat read_what(TableReader& root, const Document& scenario) {
  constexpr std::pair<const char*, SweepWhat> kNames[] = {{"step", SweepWhat::step},
                                                          {"plan", SweepWhat::plan},
                                                          {"faults", SweepWhat::faults},
                                                          {"goodput", SweepWhat::goodput},
                                                          {"serving", SweepWhat::serving}};
  const bool serving = is_serving(scenario);
  const std::string said = root.choice("evaluate", {"step", "plan", "faults", "goodput", "serving"},
                                       serving ? "serving" : "step");
  SweepWhat what = SweepWhat::step;
  for (const auto& [name, kind] : kNames) {
    if (said == name) what = kind;
  }
  if (serving != (what == SweepWhat::serving)) {
    throw root.fault("evaluate",
                     serving ? "the scenario serves a model: it has a table [serving]"
                             : "the scenario serves no model: it has no table [serving]",
                     serving ? "evaluate = \"serving\"" : "evaluate what a training run has");
  }
  return what;
}

}  // namespace

std::int64_t Sweep::points() const {
  std::int64_t all = seeds;
  for (const SweepAxis& axis : axes) {
    const auto count = static_cast<std::int64_t>(axis.values.size());
    if (all > kPointsMax / count) return kPointsMax + 1;
    all *= count;
  }
  return all;
}

SweepPlace place_of(const Sweep& sweep, std::int64_t point) {
  SweepPlace place;
  place.run = point % sweep.seeds;
  std::int64_t rest = point / sweep.seeds;
  place.values.assign(sweep.axes.size(), 0);
  for (std::size_t axis = sweep.axes.size(); axis-- > 0;) {
    const auto count = static_cast<std::int64_t>(sweep.axes[axis].values.size());
    place.values[axis] = static_cast<std::size_t>(rest % count);
    rest /= count;
  }
  return place;
}

Document scenario_of(const Sweep& sweep, const SweepPlace& place) {
  Document scenario = sweep.scenario;
  for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) {
    const SweepAxis& swept = sweep.axes[axis];
    set(scenario.root, swept.key, swept.values[place.values[axis]], swept, sweep.file);
  }
  return scenario;
}

Sweep read_sweep(const std::string& file) {
  const std::string text = read_text(file, "the sweep", kTextMax);
  const Document document = parse_toml(text, file);
  Sweep sweep;
  sweep.file = file;
  TableReader root(document);
  sweep.title = root.words("title", std::filesystem::path(file).stem().string());
  const std::string path = beside(file, root.words("scenario"));
  std::string scenario_text;
  try {
    scenario_text = read_text(path, "the scenario", kTextMax);
  } catch (const Fault& fault) {
    throw root.fault("scenario", fault.rule(), fault.hint());
  }
  sweep.scenario = parse_toml(scenario_text, path);
  sweep.what = read_what(root, sweep.scenario);
  sweep.axes = read_axes(root);
  try_values(sweep);
  read_chance(sweep, root);
  root.finish();
  if (sweep.axes.empty() && sweep.seeds == 1) {
    throw root.fault("sweep", "there is one point only",
                     "list values in [sweep], or seeds in [monte_carlo]");
  }
  if (sweep.points() > kPointsMax) {
    throw root.fault("sweep", fmt::format("there are more than {} points", kPointsMax),
                     "list fewer values, or split the sweep");
  }
  sweep.hash = hash_of(text + '\0' + scenario_text + '\0' + text_of_files(sweep.scenario));
  return sweep;
}

}  // namespace trainyard
