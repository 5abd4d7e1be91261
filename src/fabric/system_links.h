// SPDX-License-Identifier: Apache-2.0
// A described system as explicit links, to fail or degrade some of them and send flows over them.
#pragma once

#include <cstdint>

#include "fabric/system.h"
#include "fabric/topology.h"

namespace trainyard {

// The smallest whole units that hold `chips`. Levels keep their names; a torus becomes two rings
// "NAME x" and "NAME y", an oversubscribed network its ports and the uplinks of each unit below,
// "NAME uplinks". Levels inside a chip have no links. A step's latency is shared by the links of
// its way: a neighbour in a ring is one away, behind a switch two, over uplinks four.
Topology system_links(const System& system, std::int64_t chips);

}  // namespace trainyard
