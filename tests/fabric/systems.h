// SPDX-License-Identifier: Apache-2.0
// Systems for the tests of this room, with the documented bytes/s one way; latencies are made up.
#pragma once

#include <vector>

#include "fabric/topology.h"

namespace trainyard::test {

inline FabricLevel ring(const char* name, std::int64_t count, double bytes_per_s) {
  return {.name = name,
          .kind = LevelKind::ring,
          .count = count,
          .bytes_per_s = bytes_per_s,
          .latency_s = 0.5e-6};
}

inline FabricLevel switched(const char* name, std::int64_t count, double bytes_per_s) {
  return {.name = name,
          .kind = LevelKind::switched,
          .count = count,
          .bytes_per_s = bytes_per_s,
          .latency_s = 0.3e-6};
}

inline FabricLevel tree(const char* name, std::int64_t count, double oversubscription = 1,
                        std::int64_t planes = 1) {
  return {.name = name,
          .kind = LevelKind::tree,
          .count = count,
          .bytes_per_s = 25e9,
          .latency_s = 1e-6,
          .oversubscription = oversubscription,
          .planes = planes};
}

inline std::vector<FabricLevel> trn2_server() {
  return {ring("x", 4, 128e9), ring("y", 4, 128e9)};
}

inline std::vector<FabricLevel> trn2_ultraserver() {
  return {ring("x", 4, 128e9), ring("y", 4, 128e9), ring("z", 4, 64e9)};
}

inline std::vector<FabricLevel> trn3_gen2() {
  return {switched("server", 4, 256e9), switched("rack", 18, 320e9), ring("racks", 2, 128e9)};
}

// 2 x 72 chips of an UltraServer, 5 of them under a leaf, 3 leaves under the spine.
inline std::vector<FabricLevel> trn3_cluster(double oversubscription = 1, std::int64_t planes = 1) {
  std::vector<FabricLevel> levels = trn3_gen2();
  levels.push_back(switched("leaf", 5, 25e9));
  levels.push_back(tree("spine", 3, oversubscription, planes));
  return levels;
}

}  // namespace trainyard::test
