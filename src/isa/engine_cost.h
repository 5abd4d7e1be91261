// SPDX-License-Identifier: Apache-2.0
// Time on the Vector, Scalar and GpSimd Engines. The engine is held for max(least issue interval,
// element cycles), as the nki.isa docstrings of SDK 2.26 say; start to retire takes a fixed part
// more, as the Trn2 traces show (machine.md, 4b).
#pragma once

#include <cstdint>
#include <initializer_list>

#include "isa/cost.h"
#include "machine/machine.h"

namespace trainyard {

struct EngineWork {
  double cycles = 0;            // all elements of one partition
  std::int64_t lane_ops = 0;    // elements over all partitions
  double extra_cycles = 0;      // after the elements, holding the engine
  double extra_latency_ns = 0;  // after the elements, not holding it
};

Cost vector_cost(const Machine& machine, const EngineWork& work);
Cost scalar_cost(const Machine& machine, const EngineWork& work);
Cost gpsimd_cost(const Machine& machine, const EngineWork& work);  // adds its fixed latency
// Of Engine::vector, scalar or gpsimd.
Cost engine_cost(const Machine& machine, Engine engine, const EngineWork& work);

// Cycles per element of a stream over these operands for its strides: 1, or more when the free-axis
// stride of one in SBUF goes beyond what keeps full bandwidth.
double stride_cycles(const Machine& machine, std::initializer_list<const View*> views);

// Whether the innermost free dimension is contiguous.
bool contiguous(const View& view);

// How many times faster than one element per cycle tensor_copy and tensor_scalar run.
double copy_speedup(const Machine& machine, Engine engine, const View& dst, const View& src);

// The time a (P, 1) operand adds on the Vector Engine.
double operand_latency_ns(const Machine& machine, std::initializer_list<const ScalarOperand*>);

}  // namespace trainyard
