// SPDX-License-Identifier: Apache-2.0
// The time reading of a Program: when each instruction waited, ran and retired, and why it waited.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"
#include "isa/operands.h"
#include "program/passes.h"
#include "program/placement.h"
#include "program/program.h"
#include "program/what_if.h"

namespace trainyard {

inline constexpr std::uint32_t kNoInstruction = 0xffffffffu;

enum class WaitReason : std::uint8_t {
  none,         // started as soon as its queue reached it
  operand,      // an operand was still being produced (read after write)
  reuse,        // its destination was still being read or written by an earlier instruction
  order,        // no_reorder or depends_on
  dma_queue,    // the ring or the descriptor generator was full
  table_load,   // the Scalar Engine loaded another activation table
  weight_load,  // the Tensor Engine was loading the stationary operand
  spill,        // a spilled tensor was on its way back from HBM
  core,         // another core of the logical core was not there yet
  port,         // gen2: another engine held SBUF (VectorE, GpSimd) or PSUM (VectorE, ScalarE)
};
inline constexpr int kWaitReasonCount = 10;

// One instruction of the stream. `engine` is the one whose queue held it; for dma_* it is the
// issuing engine, and the transfer itself is in Timeline::transfers.
struct Span {
  Time queued;  // the queue reached it: the one before let go of the
                // engine (its busy_end), or of the tile of the array
  Time start;
  Time busy_end;  // the engine can start the next instruction
  Time end;       // retired: dependents can start
  Engine engine = Engine::unknown;
  WaitReason reason = WaitReason::none;       // what held it longest between queued and start
  std::uint32_t waited_for = kNoInstruction;  // the instruction that held it, if one did
  std::uint32_t transfer = kNoInstruction;    // dma_*: index into Timeline::transfers
};

struct Transfer {
  std::uint32_t instruction = kNoInstruction;  // kNoInstruction: a spill
  std::uint8_t queue = 0;                      // ring of the Engine that issued it
  Time first_packet;
  Time last_packet;
  Time complete;           // the waiting instruction sees the semaphore
  std::int64_t bytes = 0;  // payload
  std::int64_t hbm_read_bytes = 0;
  std::int64_t hbm_write_bytes = 0;
  std::int64_t descriptors = 0;
  std::int64_t packets = 0;
  Time packet;       // one packet, from its read to its write
  Time packet_hold;  // the part of it that holds an engine
  Time engine_busy;  // summed over the DMA engines that carried it
};

// One pass of the array: LDWEIGHTS, then MATMUL. An instruction has one, in fp32 two.
struct ArrayPass {
  std::uint32_t instruction = kNoInstruction;
  Time load_start;  // LDWEIGHTS begins; it may wait for the matmul before
  Time load_end;
  Time start;
  Time busy_end;  // the array can start another
  Time end;
};

// A stretch with the same TensorE clock, for the trace and the energy.
struct ClockPhase {
  Time start;
  double share = 1.0;  // of the full clock
};

struct Timeline {
  Time total;
  BigVector<Span> spans;                                       // by stream index
  std::array<std::vector<std::uint32_t>, kEngineCount> order;  // issue order of each queue
  BigVector<Transfer> transfers;                               // by first packet
  BigVector<ArrayPass> array_passes;                           // in order
  std::vector<ClockPhase> tensor_clock;
  std::array<Time, kEngineCount> busy{};  // Engine::dma: mean over the DMA engines
  std::int64_t hbm_read_bytes = 0;
  std::int64_t hbm_write_bytes = 0;
  std::int64_t table_loads = 0;
  Placement placement;
};

struct TimingOptions {
  PassSet passes;
  std::span<const WhatIf> what_if;  // none, or one for each program
};

// Places, schedules and times `program`. Deterministic; O(n log n) in instructions.
Timeline time_program(const Program& program, const Machine& machine,
                      const TimingOptions& options = {});
// The cores of one logical core, which meet in Program::meetings and share a stack of HBM. All
// timelines have the total of the last to end.
std::vector<Timeline> time_together(std::span<const Program* const> programs,
                                    const Machine& machine, const TimingOptions& options = {});

}  // namespace trainyard
