// SPDX-License-Identifier: Apache-2.0
// Random systems with random failures: every way is a walk from its first chip to its last over
// links that are whole, and a way is refused only where no walk inside the unit leads there.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "base/fault.h"
#include "fabric/systems.h"
#include "seed.h"

namespace trainyard {
namespace {

// From where to where a link leads: chips by number, switches by level and group.
struct Ends {
  std::string from, to;
};

std::map<std::uint32_t, Ends> ends_of_links(const Topology& topology) {
  std::map<std::uint32_t, Ends> ends;
  const auto both_ways = [&](std::uint32_t up, std::uint32_t down, const std::string& below,
                             const std::string& above) {
    EXPECT_TRUE(ends.try_emplace(up, Ends{below, above}).second);
    EXPECT_TRUE(ends.try_emplace(down, Ends{above, below}).second);
  };
  const auto node = [](std::size_t level, std::uint64_t group) {
    return "switch " + std::to_string(level) + "." + std::to_string(group);
  };
  std::uint32_t below = 1;
  for (std::size_t level = 0; level < topology.levels().size(); ++level) {
    const FabricLevel& at = topology.levels()[level];
    const auto count = static_cast<std::uint32_t>(at.count);
    const std::uint32_t group = below * count;
    for (std::uint32_t chip = 0; chip < topology.chips() && at.kind != LevelKind::tree; ++chip) {
      const std::string here = std::to_string(chip);
      if (at.kind == LevelKind::switched) {
        both_ways(topology.port(level, chip, true), topology.port(level, chip, false), here,
                  node(level, chip / group));
        continue;
      }
      for (const std::uint32_t ahead : {1U, count - 1}) {
        if (count < 2 || (count == 2 && ends.count(topology.ring_link(level, chip)) > 0)) continue;
        const std::uint32_t place = chip / below % count;
        const std::uint32_t next = chip - place * below + (place + ahead) % count * below;
        const bool forward = ahead == 1;
        EXPECT_TRUE(ends.try_emplace(topology.ring_link(level, chip, forward),
                                     Ends{here, std::to_string(next)})
                        .second);
      }
    }
    for (std::uint32_t unit = 0; at.kind == LevelKind::tree && unit < topology.chips() / below;
         ++unit) {
      for (std::uint32_t plane = 0; plane < at.planes; ++plane) {
        both_ways(topology.uplink(level, unit, plane, true),
                  topology.uplink(level, unit, plane, false), node(level - 1, unit),
                  node(level, unit / count));
      }
    }
    below = group;
  }
  EXPECT_EQ(ends.size(), topology.links());
  return ends;
}

bool leads(const Topology& topology, const std::map<std::uint32_t, Ends>& ends, std::uint32_t from,
           std::uint32_t to) {
  std::set<std::string> reached = {std::to_string(from)};
  for (std::size_t before = 0; before < reached.size();) {
    before = reached.size();
    for (const auto& [link, of] : ends) {
      if (!topology.failed(link) && reached.count(of.from) > 0) reached.insert(of.to);
    }
  }
  return reached.count(std::to_string(to)) > 0;
}

FabricLevel random_level(std::mt19937_64& random) {
  const auto count = static_cast<std::int64_t>(1 + random() % 5);
  return random() % 2 == 0 ? test::ring("ring", count, 1e9) : test::switched("switch", count, 1e9);
}

TEST(Walk, every_way_is_a_walk_over_whole_links) {
  std::mt19937_64 random(test::printed_seed());
  int refused = 0, found = 0;
  for (int system = 0; system < 300; ++system) {
    std::vector<FabricLevel> levels;
    for (std::uint64_t n = 1 + random() % 3; n > 0; --n) levels.push_back(random_level(random));
    const bool network = random() % 2 == 0;
    if (network) {
      levels.push_back(test::switched("leaf", 1 + static_cast<std::int64_t>(random() % 3), 1e9));
      levels.push_back(test::tree("spine", 2, 1, 1 + static_cast<std::int64_t>(random() % 3)));
    }
    Topology topology(levels);
    const std::map<std::uint32_t, Ends> ends = ends_of_links(topology);
    for (std::uint64_t n = random() % 3 == 0 ? 0 : random() % (1 + topology.links() / 3); n > 0;
         --n) {
      topology.fail(static_cast<std::uint32_t>(random() % topology.links()));
    }
    for (int pair = 0; pair < 20; ++pair) {
      const auto from = static_cast<std::uint32_t>(random() % topology.chips());
      const auto to = static_cast<std::uint32_t>(random() % topology.chips());
      std::vector<std::uint32_t> path = {7};  // what stood there stays
      try {
        topology.route(from, to, path);
      } catch (const Fault&) {
        ++refused;
        // Over the network a chip has its own port alone, so a walk may be there.
        ASSERT_TRUE(network || !leads(topology, ends, from, to)) << "system " << system;
        continue;
      }
      ++found;
      std::string here = std::to_string(from);
      for (std::size_t i = 1; i < path.size(); ++i) {
        ASSERT_FALSE(topology.failed(path[i]));
        ASSERT_EQ(ends.at(path[i]).from, here) << topology.describe(path[i]);
        here = ends.at(path[i]).to;
      }
      ASSERT_EQ(here, std::to_string(to)) << "system " << system;
      ASSERT_EQ(path[0], 7U);
    }
  }
  EXPECT_GT(refused, 50);
  EXPECT_GT(found, 500);
}

}  // namespace
}  // namespace trainyard
