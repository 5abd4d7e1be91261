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
  std::int64_t descriptors = 0;       // element runs after matching both sides
  std::int64_t run_bytes = 0;         // bytes of one contiguous run (smaller side)
  std::int64_t narrow_run_bytes = 0;  // of the side with the narrower elements
  bool casts = false;                 // to another dtype
  bool element_wise = false;          // runs below one efficient packet, element by element
  bool transpose = false;
  bool indirect = false;
  bool read_modify_write = false;
  DgeMode dge = DgeMode::unknown;
};

// What one rank of a collective sends and receives.
struct Exchange {
  std::int64_t bytes = 0;         // both, through the DMA engines and the network on chip
  std::int64_t link_bytes = 0;    // of them over the chip's links: each end counts its own
  std::int64_t switch_bytes = 0;  // sent over links through switches: counted once
  std::int64_t efa_bytes = 0;     // over the network card
};

// Blocks of the PE array, 4 x 4 of them: bit 4 r + c is block row r, block column c. Row and column
// tiles of nc_matmul are whole blocks.
inline constexpr int kArrayBlockRows = 4;
inline constexpr std::uint16_t kWholeArray = 0xffff;

struct Cost {
  Time occupancy;    // the engine is busy: the next instruction can start after
  Time latency;      // start to retire: dependents can start after
  Time transfer;     // of a collective's latency: its bytes hold the rank's way to the others
  Time weight_load;  // TensorE: loading the stationary, can hide behind a matmul; of one pass
  int passes = 1;    // TensorE: pairs of LDWEIGHTS and MATMUL
  Time array_feed;   // TensorE: least time of a pass, by what its reads of SBUF take
  std::uint16_t array_tile = kWholeArray;  // TensorE: products on other blocks run beside it
  double array_rows = 1;                   // TensorE: share of the array's rows that have products
  std::int64_t macs = 0;
  std::int64_t weight_bytes = 0;  // TensorE stationary load
  std::int64_t lane_ops = 0;
  MacClass mac_class = MacClass::bf16;
  LaneClass lane_class = LaneClass::none;
  bool double_row = false;      // 8-bit products at twice the rate
  bool only_moves = false;      // a transpose: its MACs are no work of the kernel's
  bool table_function = false;  // ScalarE: needs the activation table `table`
  std::uint8_t table = 0;
  bool register_load = false;  // from memory: the first of an engine takes longer
  bool is_dma = false;
  DmaWork dma;
  Exchange exchange;
};

}  // namespace trainyard
