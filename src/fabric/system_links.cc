// SPDX-License-Identifier: Apache-2.0
#include "fabric/system_links.h"

#include <fmt/format.h>

#include <cmath>

#include "base/fault.h"

namespace trainyard {
namespace {

FabricLevel joined(const Level& level, LevelKind kind, std::int64_t count, double links,
                   const char* part = "") {
  FabricLevel made;
  made.name = level.name + part;
  made.kind = kind;
  made.count = count;
  made.bytes_per_s = level.bytes_per_s * level.sustained;
  made.latency_s = level.latency_us * 1e-6 / links;
  return made;
}

// The longer side of a torus that is as square as can be.
std::int64_t side_of(std::int64_t chips) {
  auto side = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(chips))));
  while (chips % side != 0) ++side;
  return side;
}

// A chip's rate into a ring is that of its links to both neighbours.
void halve(FabricLevel& ring) {
  if (ring.count > 2) ring.bytes_per_s /= 2;
}

void add_level(const Level& level, std::int64_t units, std::vector<FabricLevel>& links) {
  switch (level.kind) {
    case LevelShape::torus: {
      const std::int64_t side = side_of(units);
      for (const bool x : {true, false}) {
        FabricLevel ring =
            joined(level, LevelKind::ring, x ? side : units / side, 1, x ? " x" : " y");
        if (side < units) ring.bytes_per_s /= 2;  // one of two dimensions
        halve(ring);
        links.push_back(ring);
      }
      return;
    }
    case LevelShape::ring:
      links.push_back(joined(level, LevelKind::ring, units, 1));
      halve(links.back());
      return;
    case LevelShape::switched:
      links.push_back(joined(level, LevelKind::switched, units, 2));
      return;
    case LevelShape::network:
      break;
  }
  if (level.oversubscription == 1) {
    links.push_back(joined(level, LevelKind::switched, units, 2));
    return;
  }
  links.push_back(joined(level, LevelKind::switched, 1, 4));
  links.push_back(joined(level, LevelKind::tree, units, 4, " uplinks"));
  links.back().oversubscription = level.oversubscription;
}

}  // namespace

Topology system_links(const System& system, std::int64_t chips) {
  std::vector<FabricLevel> links;
  std::int64_t below = 1;
  for (const Level& level : system.levels) {
    if (below >= chips) break;
    const bool last = &level == &system.levels.back();
    // Of the last level only as many units as are used.
    const std::int64_t units = last ? (chips + below - 1) / below : level.chips / below;
    if (last && chips > level.chips) {
      throw Fault(FaultKind::usage,
                  fmt::format("{} has at most {} chips, not {}", system.name, level.chips, chips));
    }
    if (units > 1) add_level(level, units, links);
    below *= units;
  }
  return Topology(std::move(links));
}

}  // namespace trainyard
