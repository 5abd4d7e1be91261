// SPDX-License-Identifier: Apache-2.0
// A Program as one number: its opcodes, engines, operands and tensor shapes, not its names or the
// places in the source. A kernel written twice, in C++ and in Python, has the same.
#pragma once

#include <cstdint>

#include "program/program.h"

namespace trainyard {

std::uint64_t program_hash(const Program& program);

}  // namespace trainyard
