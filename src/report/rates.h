// SPDX-License-Identifier: Apache-2.0
// How much of the core's peaks a run used.
#pragma once

#include <cstdint>
#include <vector>

#include "report/run_result.h"

namespace trainyard {

struct Rates {
  double matmul_flop = 0;    // two per product; transposes are not counted
  double hardware_flop = 0;  // as a profile counts: transposes too, fp32 once for each pass
  double matmul_flop_per_s = 0;
  double bf16_peak_flop_per_s = 0;  // of one core at its full clock
  double mfu_bf16 = 0;              // share of that peak, whatever the formats were
  double mfu_of_formats = 0;        // share of the time that the formats' own peaks allow
  std::vector<MacClass> formats;    // that took part

  std::int64_t hbm_bytes = 0;  // read and written
  double hbm_bytes_per_s = 0;
  double hbm_peak_bytes_per_s = 0;   // the chip's over its cores
  double hbm_stack_bytes_per_s = 0;  // of the stack next to the core
  double hbm_share = 0;

  double gated_clock_share = 0;  // of the run, TensorE at less than its full clock
};

Rates rates_of(const RunResult& result);

}  // namespace trainyard
