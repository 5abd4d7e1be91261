// SPDX-License-Identifier: Apache-2.0
// Element-wise work on one core: tiles come from HBM, VectorE makes as many values of them, they
// go back.
#pragma once

#include "machine/machine.h"

namespace trainyard {

// Bytes of HBM a second, read and written, in the steady state.
double stream_bytes_per_s(const Machine& machine);

}  // namespace trainyard
