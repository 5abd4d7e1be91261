// SPDX-License-Identifier: Apache-2.0
#include "fabric/topology.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

#include "base/fault.h"

namespace trainyard {
namespace {

constexpr std::uint64_t kChipsMax = std::uint64_t{1} << 31;

void check(const FabricLevel& level, const FabricLevel* below) {
  const auto refuse = [&](const char* rule, const char* hint = "") {
    throw Fault(FaultKind::usage, fmt::format("level '{}': {}", level.name, rule), hint);
  };
  const bool on_tree = below != nullptr && below->kind == LevelKind::tree;
  if (level.count < 1) refuse("a group has at least one unit");
  if (level.planes < 1) refuse("a switch has at least one uplink");
  if (!(level.bytes_per_s > 0) || !std::isfinite(level.bytes_per_s)) {
    refuse("a link's bytes/s are more than 0 and finite", "leave a level out that has no links");
  }
  if (!(level.latency_s >= 0) || !std::isfinite(level.latency_s)) {
    refuse("a link's latency is finite and not negative");
  }
  if (!(level.oversubscription > 0) || !std::isfinite(level.oversubscription)) {
    refuse("oversubscription is more than 0 and finite", "1 is a network that blocks nothing");
  }
  if (level.kind == LevelKind::tree && (below == nullptr || below->kind == LevelKind::ring)) {
    refuse("a tree joins switches, and below it is none",
           "put a switched level with the chips' network ports below it");
  }
  if (level.kind != LevelKind::tree && on_tree) refuse("above a tree only trees stand");
}

}  // namespace

Topology::Topology(std::vector<FabricLevel> levels)
    : levels_(std::move(levels)), network_(levels_.size()) {
  const auto refuse = [](const char* what, std::uint64_t most) {
    throw Fault(FaultKind::limit, fmt::format("a system has at most {} {}", most, what));
  };
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    check(levels_[level], level == 0 ? nullptr : &levels_[level - 1]);
    if (static_cast<std::uint64_t>(levels_[level].count) > kChipsMax / group_.back()) {
      refuse("chips", kChipsMax);
    }
    group_.push_back(group_.back() * static_cast<std::uint64_t>(levels_[level].count));
  }
  constexpr std::uint64_t kLinksMax = std::numeric_limits<std::uint32_t>::max();
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    const bool tree = levels_[level].kind == LevelKind::tree;
    if (tree && network_ == levels_.size()) network_ = level - 1;
    const std::uint64_t units = tree ? chips() / below(level) : chips();
    const std::uint64_t each = links_per_unit(level);
    if (each > (kLinksMax - first_.back()) / units) refuse("links", kLinksMax);
    first_.push_back(first_.back() + units * each);
  }
}

std::uint32_t Topology::links_per_unit(std::size_t level) const {
  const FabricLevel& at = levels_[level];
  constexpr std::int64_t kPlanesMax = 1 << 20;
  switch (at.kind) {
    case LevelKind::ring:
      return at.count > 2 ? 2 : static_cast<std::uint32_t>(at.count - 1);
    case LevelKind::switched:
      return 2;
    case LevelKind::tree:
      break;
  }
  if (at.planes > kPlanesMax) {
    throw Fault(FaultKind::usage,
                fmt::format("level '{}': a switch has at most {} uplinks", at.name, kPlanesMax));
  }
  return static_cast<std::uint32_t>(2 * at.planes);
}

std::uint32_t Topology::ring_link(std::size_t level, std::uint32_t chip, bool forward) const {
  const std::uint32_t each = links_per_unit(level);
  return static_cast<std::uint32_t>(first_[level] + std::uint64_t{chip} * each +
                                    (each == 2 && !forward ? 1 : 0));
}

std::uint32_t Topology::port(std::size_t level, std::uint32_t chip, bool up) const {
  return static_cast<std::uint32_t>(first_[level] + 2 * std::uint64_t{chip} + (up ? 0 : 1));
}

std::uint32_t Topology::uplink(std::size_t level, std::uint32_t unit, std::uint32_t plane,
                               bool up) const {
  const auto planes = static_cast<std::uint64_t>(levels_[level].planes);
  return static_cast<std::uint32_t>(first_[level] + 2 * (unit * planes + plane) + (up ? 0 : 1));
}

std::size_t Topology::level_of(std::uint32_t link) const {
  std::size_t level = 0;
  while (level < levels_.size() && link >= first_[level + 1]) ++level;
  if (level == levels_.size()) {
    throw Fault(FaultKind::internal, fmt::format("link {} of {}", link, links()));
  }
  return level;
}

void Topology::degrade(std::uint32_t link, double share) {
  if (!(share > 0 && share <= 1)) {
    throw Fault(FaultKind::usage,
                fmt::format("{} keeps {} of its capacity: not a share of 1", describe(link), share),
                "a share above 0 and at most 1; a link that carries nothing has failed");
  }
  if (failed(link)) --failures_;
  share_[link] = share;
}

void Topology::fail(std::uint32_t link) {
  level_of(link);
  if (!failed(link)) ++failures_;
  share_[link] = 0;
}

void Topology::fail_chip(std::uint32_t chip) {
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    if (levels_[level].kind == LevelKind::switched) {
      fail(port(level, chip, true));
      fail(port(level, chip, false));
    } else if (levels_[level].kind == LevelKind::ring && levels_[level].count > 1) {
      for (const bool forward : {true, false}) {
        fail(ring_link(level, chip, forward));
        fail(ring_link(level, ring_neighbour(level, chip, forward), !forward));
      }
    }
  }
}

bool Topology::failed(std::uint32_t link) const {
  const auto found = share_.find(link);
  return found != share_.end() && found->second == 0;
}

double Topology::bytes_per_s(std::uint32_t link) const {
  const std::size_t level = level_of(link);
  const FabricLevel& at = levels_[level];
  const auto found = share_.find(link);
  const double share = found == share_.end() ? 1 : found->second;
  if (at.kind != LevelKind::tree) return at.bytes_per_s * share;
  const double chips_below = static_cast<double>(below(level));
  return at.bytes_per_s * chips_below / at.oversubscription / static_cast<double>(at.planes) *
         share;
}

double Topology::latency_s(std::uint32_t link) const {
  return levels_[level_of(link)].latency_s;
}

std::string Topology::describe(std::uint32_t link) const {
  const std::size_t level = level_of(link);
  const FabricLevel& at = levels_[level];
  const std::uint64_t index = link - first_[level];
  const std::uint32_t each = links_per_unit(level);
  const char* way = index % 2 == 0 ? "up" : "down";
  switch (at.kind) {
    case LevelKind::ring: {
      const auto chip = static_cast<std::uint32_t>(index / each);
      const bool forward = index % each == 0;
      return fmt::format("link of ring '{}' from chip {} to chip {}", at.name, chip,
                         ring_neighbour(level, chip, forward));
    }
    case LevelKind::switched:
      return fmt::format("port of chip {} {} '{}'", index / 2, way, at.name);
    case LevelKind::tree:
      break;
  }
  return fmt::format("uplink {} of unit {} {} '{}'", index % each / 2, index / each, way, at.name);
}

}  // namespace trainyard
