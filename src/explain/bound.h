// SPDX-License-Identifier: Apache-2.0
// What bounds a run, where it stands under the roofline, and what its critical path consists of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "report/run_result.h"

namespace trainyard {

enum class BoundKind : std::uint8_t { compute, memory, dma_rate, latency, dependency };
std::string_view bound_key(BoundKind kind);  // "dma_rate"

struct Bound {
  BoundKind kind = BoundKind::latency;
  Engine engine = Engine::unknown;  // of a compute bound
  double share = 0;                 // of the run that the resource, or the latencies, take
  std::string reason;               // one sentence with the figure and the threshold
};

// The critical path by what it consists of; the parts add up to the run.
struct PathSplit {
  Time start_up;  // before the first instruction
  Time compute;   // engines at work
  Time dma;       // DMA engines at work, or transfers waiting for them
  Time latency;   // from the end of the work to its effect: pipelines, triggers, completions
};

struct Roofline {
  double flop = 0;  // of matrix products
  double hbm_bytes = 0;
  double intensity_flop_per_byte = 0;
  double compute_roof_flop_per_s = 0;  // of the formats that took part
  double memory_roof_bytes_per_s = 0;  // the core's share of HBM
  double dma_roof_bytes_per_s = 0;     // its DMA engines together
  double achieved_flop_per_s = 0, achieved_bytes_per_s = 0;

  double ridge_flop_per_byte() const { return compute_roof_flop_per_s / memory_roof_bytes_per_s; }
  double attainable_flop_per_s() const;
};

PathSplit split_path(const RunResult& result);
Bound bound_of(const RunResult& result, const PathSplit& path);
Roofline roofline_of(const RunResult& result);

}  // namespace trainyard
