// SPDX-License-Identifier: Apache-2.0
// How long a collective takes once all its ranks are there. Algorithms and their order by size as
// the Neuron runtime documents them (network-and-scale.md section 2): mesh for small, recursive
// halving and doubling for middle, rings for large ones. A model of steps and bandwidth.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "isa/cost.h"
#include "machine/machine.h"

namespace trainyard {

enum class CollectiveKind : std::uint8_t {
  all_reduce,
  all_gather,  // and reduce-scatter: as many steps, as many bytes
  all_to_all,
  permute,  // one step to one other rank
};

enum class CollectiveAlgorithm : std::uint8_t { mesh, halving_doubling, ring };

struct CollectiveShape {
  CollectiveKind kind = CollectiveKind::all_reduce;
  std::int64_t ranks = 1;
  std::int64_t chips = 1;  // that the group spans
  std::int64_t bytes = 0;  // of the whole: input of a reduction, output of a gather
};

CollectiveAlgorithm collective_algorithm(const CollectiveShape& shape, const Machine& machine);
struct CollectiveTime {
  Time steps, transfer;
};
CollectiveTime collective_time(const CollectiveShape& shape, const Machine& machine);
// What one rank moves. Its bytes go to the next rank in a ring, else evenly to all others; those
// that leave the chip take its links, those that leave the UltraServer its network card.
Exchange collective_exchange(const CollectiveShape& shape, const Machine& machine);

}  // namespace trainyard
