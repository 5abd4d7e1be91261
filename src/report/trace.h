// SPDX-License-Identifier: Apache-2.0
// A run as a Perfetto trace (open it at ui.perfetto.dev). Tracks, top to bottom:
//   TensorE                 instructions while they hold the engine; operands, source line, joules
//   TensorE waits           what held the queue, and for which instruction
//   …                       the same of every engine that has work
//   DMA queue of SyncE      transfers from first packet to completion (rows where they overlap)
//   SBUF in use, PSUM in use, HBM bandwidth, power, TensorE clock, power by component
// Arrows lead from an instruction (or its transfer) to the one that waited for it.
// Perfetto counts whole nanoseconds; the simulator's picoseconds are cut off.
#pragma once

#include <string>

#include "report/run_result.h"
#include "report/trace_stream.h"

namespace trainyard {

// Throws Fault(usage) when `path` cannot be written.
void write_trace(const RunResult& result, const std::string& path);
// As one process of a trace of several cores.
void write_trace(const RunResult& result, TraceStream& out);

}  // namespace trainyard
