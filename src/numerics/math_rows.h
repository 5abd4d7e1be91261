// SPDX-License-Identifier: Apache-2.0
// The families of math.h, one per file because each is compiled for several instruction sets.
#pragma once

#include <cstddef>

#include "numerics/math.h"

namespace trainyard {

void simple_row(Function function, const float* in, std::size_t count, float* out, float param);
void exponential_row(Function function, const float* in, std::size_t count, float* out);
void error_function_row(Function function, const float* in, std::size_t count, float* out);
void trigonometric_row(Function function, const float* in, std::size_t count, float* out);

}  // namespace trainyard
