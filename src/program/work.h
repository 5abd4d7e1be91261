// SPDX-License-Identifier: Apache-2.0
// What each node of the dependence graph costs and which engine's queue holds it. A node is an
// instruction of the stream, or the movement of a spilled tensor; nodes are in program order.
#pragma once

#include <cstdint>
#include <vector>

#include "program/accesses.h"
#include "program/passes.h"
#include "program/placement.h"
#include "program/program.h"
#include "program/what_if.h"

namespace trainyard {

inline constexpr std::uint32_t kNoIndex = 0xffffffffu;

// The DMA engines that carry a transfer: each serves its own part of the SBUF partitions, so that a
// tile on few of them goes through few engines (nki/deep-dives/nki-dma-bandwidth-guide.rst).
struct EngineRange {
  std::int32_t first = 0, count = 0;

  friend bool operator==(EngineRange, EngineRange) = default;
};

// A DMA as the engines see it.
struct DmaTransfer {
  std::int64_t packets = 0;
  std::int64_t packet_ps = 0;      // mean time that one packet holds its engine
  std::int64_t packet_way_ps = 0;  // and that it is on its way: a cast reads, then writes
  std::int64_t trigger_ps = 0;     // issue to first packet
  std::int64_t gap_ps = 0;         // an engine waits for each packet beyond its first `ahead`
  std::int64_t ahead = 0;
  std::int64_t stagger_ps = 0;  // first packet of an engine to that of the next
  std::int64_t bytes = 0;       // payload
  std::int64_t hbm_read_bytes = 0, hbm_write_bytes = 0;
  std::int64_t descriptors = 0;
  bool hardware_dge = false;
  bool software_ring = false;  // GpSimd's: one transfer at a time
  EngineRange engines;

  friend bool operator==(const DmaTransfer&, const DmaTransfer&) = default;
};

// What a node's work is, but not whose: the nodes of a kernel's loop share it.
struct Work {
  std::int64_t occupancy_ps = 0;
  std::int64_t latency_ps = 0;             // DMA: an estimate without other traffic
  std::int64_t transfer_ps = 0;            // of a collective's latency: it holds the rank's links
  std::uint32_t meeting = kNoIndex;        // into Program::meetings: starts when all are there
  std::uint16_t array_tile = kWholeArray;  // TensorE: blocks of the array that it holds
  float array_rows = 1;                    // TensorE: share of the array's rows with products
  std::int32_t weight_fill_ps = 0;         // TensorE: columns moving into the array, of one pass
  std::int32_t array_feed_ps = 0;          // TensorE: least time of a pass
  Engine queue = Engine::unknown;
  std::uint8_t table = 0;
  std::uint8_t passes = 1;  // TensorE
  bool table_function = false;
  bool uses_sbuf = false, uses_psum = false;
  bool fixed_order = false;
  bool register_load = false;
  std::uint8_t engine_state = 0;
  DmaTransfer dma;  // on no engines: it is none

  bool is_dma() const { return dma.engines.count > 0; }

  friend bool operator==(const Work&, const Work&) = default;
};

struct Node {
  std::uint32_t instruction = kNoIndex;  // stream index; kNoIndex: a spill
  std::uint32_t kind = 0;
};

struct WorkList {
  BigVector<Node> nodes;    // spills in the order of Placement::moves
  std::vector<Work> kinds;  // each once
  std::size_t dmas = 0;     // among the nodes

  std::uint32_t size() const { return static_cast<std::uint32_t>(nodes.size()); }
  const Work& of(std::uint32_t node) const { return kinds[nodes[node].kind]; }
  // kNoIndex: a spill.
  std::uint32_t instruction(std::uint32_t node) const { return nodes[node].instruction; }
};

// Costs from the table's entries; DMAs without a queue go to the least loaded one that may issue
// them: Sync or ScalarE with hardware descriptors, GpSimd with its own, any of the three with
// descriptors made beforehand (the pass dma-queues).
WorkList make_work(const Program& program, const AccessTable& accesses, const Placement& placement,
                   const Machine& machine, const PassSet& passes = {}, const WhatIf& what_if = {});

}  // namespace trainyard
