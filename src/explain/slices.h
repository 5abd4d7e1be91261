// SPDX-License-Identifier: Apache-2.0
// A Program in which some instructions work on their tile slice by slice, as a kernel with smaller
// tiles would: for element-wise instructions that is another recording of the same operations.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "program/program.h"

namespace trainyard {

// How many elements the innermost dimension of an element-wise instruction has, the same for all
// its tiles; 0 for instructions that cannot be sliced along it.
std::int32_t sliceable_columns(const Recorded& recorded);

// `which`, by stream index, in `slices` parts each, whose columns `slices` must divide. Shares the
// operands of the others with `program`, which outlives it.
std::unique_ptr<Program> sliced(const Program& program, const std::vector<bool>& which,
                                std::int32_t slices);

}  // namespace trainyard
