// SPDX-License-Identifier: Apache-2.0
// Instructions that change where values lie and in which order, not the values.
#pragma once

#include "program/program.h"

namespace trainyard {

// tensor_copy, or activation with the function copy and nothing else.
bool copies_unchanged(const Recorded& recorded);

// The above, a DMA as it lies or transposed, and TensorE's transposes.
bool only_moves(const Recorded& recorded);

}  // namespace trainyard
