// SPDX-License-Identifier: Apache-2.0
// A sweep's points on threads and processes into its table. What is finished is committed at once
// and never done again; the table is the same however the work was shared or broken off.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "planner/sweep.h"

namespace trainyard {

struct SweepOptions {
  std::string out;
  unsigned threads = 1;
  std::int64_t part = 0, parts = 1;  // of the points: those whose number leaves `part`
  // Now and then: how many points of how many are finished.
  std::function<void(std::int64_t done, std::int64_t all)> progress;
};

// "FILE", or of a part "FILE.part-3-of-16".
std::string sweep_file(const SweepOptions& options);

// Takes the rows of parts that lie beside the file. Throws Fault(interrupted) after Ctrl-C. Returns
// a summary as text, empty in a process that is not the first.
std::string run_sweep(const Sweep& sweep, const SweepOptions& options);

// A Slurm job array of `parts` tasks as a script.
std::string slurm_script(const Sweep& sweep, const SweepOptions& options);

}  // namespace trainyard
