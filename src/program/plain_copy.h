// SPDX-License-Identifier: Apache-2.0
// Instructions that only copy a tile.
#pragma once

#include "program/program.h"

namespace trainyard {

// tensor_copy, or activation with the function copy and nothing else.
bool copies_unchanged(const Recorded& recorded);

}  // namespace trainyard
