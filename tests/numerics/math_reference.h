// SPDX-License-Identifier: Apache-2.0
// What the functions of numerics/math.h are measured against: long double, one formula each.
#pragma once

#include "numerics/math.h"

namespace trainyard::test {

// sin is the engine's inside [-pi, pi] only.
long double reference(Function function, float x, float param);

// |value - exact| in units of the fp32 spacing at `exact`; 0 where both are the same infinity or
// NaN, huge where only one is.
double error_ulp(float value, long double exact);

}  // namespace trainyard::test
