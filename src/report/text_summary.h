// SPDX-License-Identifier: Apache-2.0
// The summary printed after every run.
//
//   flash_attention on trn3 (gen4, one NeuronCore): 812.4 us
//     instructions  12,345 and 210 DMA transfers
//     matmul        17.18 GFLOP (bf16) at 21.15 TFLOP/s
//     MFU           26.9 % of the core's bf16 peak (78.64 TFLOP/s), 26.9 % of the peak of its …
//     HBM           12.58 MB read, 4.194 MB written: 20.65 GB/s, 3.4 % of the core's 612.5 GB/s
//     on chip       SBUF peak 41.0 of 256 KiB a partition, PSUM 8.0 of 16 KiB; no spills
//     busy          TensorE 31.2 %  VectorE 55.0 %  ScalarE 40.1 %  GpSimd 0.0 %  DMA 8.8 %
//     waiting       TensorE 60.1 %  …
//   top waits
//     120.4 us  14.8 %  operand not ready      kernel.py:88   310x, longest …
//   energy 21.2 mJ, 26.1 W on average, peak 41 W in a window of 1.000 us
//     …
#pragma once

#include <string>

#include "report/run_result.h"

namespace trainyard {

// `verbose`: more waits, the costliest source lines, every component.
std::string text_summary(const RunResult& result, bool verbose = false);

}  // namespace trainyard
