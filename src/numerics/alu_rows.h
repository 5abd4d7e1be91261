// SPDX-License-Identifier: Apache-2.0
// The vector forms behind alu.h: every operator but power, mod and fmod.
#pragma once

#include <cstddef>

#include "numerics/alu.h"

namespace trainyard {

void alu_vector_row(AluOp op, const float* a, const float* b, std::size_t count, float* out);
void alu_vector_row_scalar(AluOp op, const float* a, float b, bool reverse, std::size_t count,
                           float* out);
float alu_vector_reduce(AluOp op, const float* in, std::size_t count);  // count > 0

}  // namespace trainyard
