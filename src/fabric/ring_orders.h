// SPDX-License-Identifier: Apache-2.0
// The rings that a collective sends along at the same time: each says who comes after each member.
#pragma once

#include <cstdint>
#include <vector>

#include "fabric/system.h"

namespace trainyard {

using RingOrders = std::vector<std::vector<std::int64_t>>;

// Of `parts` members in the order of their chips; `whole`: they fill the level's unit. Switched:
// one ring. On direct links both ways round; on a whole square torus two Hamiltonian cycles without
// a shared link, both ways round (aws-neuron-sdk: neuron-runtime/explore/
// intranode-collective-comm.rst).
RingOrders ring_orders(LevelShape shape, std::int64_t parts, bool whole);

}  // namespace trainyard
