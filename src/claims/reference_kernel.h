// SPDX-License-Identifier: Apache-2.0
// The reference load of the energy model as a kernel: matmuls in the best 8-bit format 90 % of the
// time, VectorE and ScalarE 50 %, GpSimd 20 %, HBM 70 % of the core's share, chip-to-chip links
// 50 % of the core's share, all at once and all depending on each other. energy/reference_load.h
// has the same load as arithmetic; here the events are those of a Program.
#pragma once

#include "energy/reference_load.h"
#include "kernels/kernel_loop.h"
#include "kernels/operand.h"

namespace trainyard {

struct ReferenceRun {
  SteadyRun run;
  Utilisation reached;
};
ReferenceRun run_reference(const Machine& machine);

}  // namespace trainyard
