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
          .unwritten_reads = {}};
}

inline void add_unwritten_read(RunResult& result, const std::string& file, int line,
                               const std::string& tensor) {
  UnwrittenRead& read = result.unwritten_reads.emplace_back();
  read.place.file = file;
  read.place.line = line;
  read.tensor = tensor;
}

}  // namespace trainyard
