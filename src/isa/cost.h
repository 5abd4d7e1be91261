// SPDX-License-Identifier: Apache-2.0
// What an instruction costs: occupancy and latency on its engine, DMA work, and energy events.
// Bytes read and written in SBUF, PSUM and HBM are counted from the operands for every
// instruction alike (isa/traffic.h), so a Cost holds only what operands do not show.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "isa/operands.h"

namespace trainyard {

enum class MacClass : std::uint8_t { bf16, fp8, fp32, mxfp8, mxfp4 };
enum class LaneClass : std::uint8_t { none, vector, scalar, gpsimd, exponential, quantize };

// A dma_* instruction as descriptors: `rows` runs of contiguous bytes on each side.
struct DmaWork {
  std::int64_t payload_bytes = 0;
  std::int64_t descriptors = 0;  // element runs after matching both sides
  std::int64_t run_bytes = 0;    // bytes of one contiguous run (smaller side)
  bool element_wise = false;     // runs below one efficient packet, element by element
  bool transpose = false;
  bool indirect = false;
  bool read_modify_write = false;
  DgeMode dge = DgeMode::unknown;
};

struct Cost {
  Time occupancy;    // the engine is busy: the next instruction can start after
  Time latency;      // start to retire: dependents can start after (>= occupancy)
  Time weight_load;  // TensorE: loading the stationary, can hide behind a matmul
  std::int64_t macs = 0;
  std::int64_t weight_bytes = 0;  // TensorE stationary load
  std::int64_t lane_ops = 0;
  MacClass mac_class = MacClass::bf16;
  LaneClass lane_class = LaneClass::none;
  bool only_moves = false;      // a transpose: its MACs are no work of the kernel's
  bool table_function = false;  // ScalarE: needs the activation table `table`
  std::uint8_t table = 0;
  bool is_dma = false;
  DmaWork dma;
};

}  // namespace trainyard
