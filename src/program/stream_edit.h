// SPDX-License-Identifier: Apache-2.0
// Changes to a recorded stream that leave its values as they are.
#pragma once

#include <cstdint>
#include <vector>

#include "program/program.h"

namespace trainyard {

// Takes out the instructions whose `gone` is not 0; `names[t]` is read and written instead of
// tensor t: of the same size, in SBUF or PSUM. Returns the new index of each instruction,
// kNoStreamIndex for those taken out.
std::vector<std::uint32_t> take_out_of_stream(Program& program, const std::vector<char>& gone,
                                              const std::vector<TensorId>& names);

}  // namespace trainyard
