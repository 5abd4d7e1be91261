// SPDX-License-Identifier: Apache-2.0
#include "cluster/faults.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/counter_random.h"
#include "base/elementary.h"

namespace trainyard {
namespace {

constexpr std::uint16_t kPurposeSlowChips = 0x51, kPurposeStep = 0x52;
constexpr double kSlowest = 0.01, kFastest = 100;

std::int64_t read_chip(TableReader& table, std::int64_t chips) {
  const std::int64_t chip = table.count("chip", {}, 0);
  if (chip >= chips) {
    throw table.fault("chip", fmt::format("there is no chip {}", chip),
                      fmt::format("chips are counted from 0 to {}", chips - 1));
  }
  return chip;
}

const Level& read_level(TableReader& table, const System& system) {
  std::vector<std::string> names;
  for (const Level& level : system.levels) {
    if (level.chips > 1) names.push_back(level.name);
  }
  return *system.find_level(table.choice("level", names));
}

std::vector<double> read_loads(TableReader& table, const Plan& plan) {
  const double zipf = table.number("expert_zipf", 0, 10, 0);
  const DocumentNode* list = table.node("expert_loads");
  if ((zipf > 0 || list != nullptr) && plan.expert < 2) {
    throw table.fault(zipf > 0 ? "expert_zipf" : "expert_loads",
                      "the plan has no expert groups whose ranks could differ",
                      "set plan.expert, or remove the key");
  }
  if (zipf > 0 && list != nullptr) {
    throw table.fault("expert_zipf", "loads follow from a list or from Zipf's law, not both",
                      "remove one of the keys");
  }
  std::vector<double> loads;
  if (zipf > 0) {
    for (std::int64_t i = 1; i <= plan.expert; ++i) {
      loads.push_back(portable_exp(-zipf * portable_log(static_cast<double>(i))));
    }
  }
  if (list != nullptr) {
    const auto wrong = [&] {
      return table.fault("expert_loads", "loads are a list of numbers, none below 0, not all 0",
                         "one for each rank of an expert group");
    };
    if (!list->is(DocumentNode::Kind::list)) throw wrong();
    for (const DocumentNode& item : list->items) {
      if (!item.is(DocumentNode::Kind::number) || !(item.number >= 0 && item.number < 1e9)) {
        throw wrong();
      }
      loads.push_back(item.number);
    }
    if (loads.size() != static_cast<std::size_t>(plan.expert)) {
      throw table.fault(
          "expert_loads",
          fmt::format("{} loads for the {} ranks of an expert group", loads.size(), plan.expert),
          "one for each rank");
    }
    if (*std::max_element(loads.begin(), loads.end()) <= 0) throw wrong();
  }
  double sum = 0;
  for (const double load : loads) sum += load;
  for (double& load : loads) load *= static_cast<double>(loads.size()) / sum;
  return loads;
}

}  // namespace

Faults read_faults(TableReader& table, const System& system, std::int64_t chips, const Plan& plan) {
  Faults faults;
  faults.jitter = table.number("jitter", 0, 1, 0);
  faults.step_jitter = table.number("step_jitter", 0, 1, 0);
  faults.seed = static_cast<std::uint64_t>(table.count("seed", 1, 0));
  faults.slow_share = table.number("slow_share", 0, 1, 0);
  faults.slow_speed = table.number("slow_speed", kSlowest, kFastest, 1);
  if (table.has("slow_share") != table.has("slow_speed")) {
    throw table.fault(table.has("slow_share") ? "slow_share" : "slow_speed",
                      "slow_share and slow_speed come together",
                      "slow_share = 0.001 and slow_speed = 0.9: one in a thousand is slower");
  }
  for (TableReader& one : table.tables("chip")) {
    SlowChip chip;
    chip.chip = read_chip(one, chips);
    chip.speed = one.number("speed", kSlowest, kFastest);
    one.finish();
    faults.chips.push_back(chip);
  }
  for (TableReader& one : table.tables("racks")) {
    OtherRacks racks;
    const Level& level = read_level(one, system);
    racks.level = level.name;
    const auto units = static_cast<double>((chips + level.chips - 1) / level.chips);
    const double share = one.number("share", 0, 1);
    racks.first_chip = static_cast<std::int64_t>(units - std::round(share * units)) * level.chips;
    racks.speed = one.number("speed", kSlowest, kFastest);
    one.finish();
    faults.racks.push_back(std::move(racks));
  }
  for (TableReader& one : table.tables("link")) {
    LinkFault link;
    link.level = read_level(one, system).name;
    link.chip = read_chip(one, chips);
    link.share = one.number("share", 0, 1, 0);
    one.finish();
    faults.links.push_back(std::move(link));
  }
  faults.expert_loads = read_loads(table, plan);
  table.finish();
  return faults;
}

std::vector<float> chip_slowness(const Faults& faults, std::int64_t chips) {
  std::vector<float> slowness(static_cast<std::size_t>(chips), 1.0F);
  for (const OtherRacks& racks : faults.racks) {
    for (auto chip = static_cast<std::size_t>(racks.first_chip); chip < slowness.size(); ++chip) {
      slowness[chip] = static_cast<float>(1 / racks.speed);
    }
  }
  if (faults.slow_share > 0) {
    for (std::size_t chip = 0; chip < slowness.size(); ++chip) {
      CounterRandom random(faults.seed, kPurposeSlowChips, chip);
      if (random.uniform() < faults.slow_share) {
        slowness[chip] *= static_cast<float>(1 / faults.slow_speed);
      }
    }
  }
  for (std::size_t chip = 0; faults.step_jitter > 0 && chip < slowness.size(); ++chip) {
    CounterRandom random(faults.seed, kPurposeStep, chip);
    slowness[chip] *= static_cast<float>(random.lognormal(1, faults.step_jitter));
  }
  for (const SlowChip& slow : faults.chips) {
    slowness[static_cast<std::size_t>(slow.chip)] *= static_cast<float>(1 / slow.speed);
  }
  return slowness;
}

}  // namespace trainyard
