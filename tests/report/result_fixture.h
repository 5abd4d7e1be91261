// SPDX-License-Identifier: Apache-2.0
// The hand-made kernel of tests/energy as a RunResult.
#pragma once

#include <string>

#include "energy/kernel_fixture.h"
#include "report/run_result.h"

namespace trainyard {

inline RunResult result_of(const KernelFixture& kernel) {
  return {.kernel = kernel.program.name,
          .machine = kernel.machine,
          .program = kernel.program,
          .timeline = kernel.timeline,
          .energy = account_energy(kernel.program, kernel.timeline, kernel.machine),
          .unwritten_reads = {},
          .overwritten_reads = {},
          .races = {}};
}

// The matmul reads 'weights', which no instruction wrote.
inline void add_unwritten_read(RunResult& result) {
  result.unwritten_reads.push_back(
      {.tensor = 2, .instruction = 1, .where = result.program.stream[1].where});
}

}  // namespace trainyard
