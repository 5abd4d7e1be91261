// SPDX-License-Identifier: Apache-2.0
// The operands of a recorded instruction in one line, for traces:
//   dst psum float32[128,512] sum; stationary sbuf bfloat16[128,128] weights
#pragma once

#include <string>
#include <string_view>

#include "program/program.h"

namespace trainyard {

std::string operands_text(const Program& program, const Recorded& recorded);

// "sbuf", "psum", "hbm".
std::string_view space_key(Space space);

}  // namespace trainyard
