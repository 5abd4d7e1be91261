// SPDX-License-Identifier: Apache-2.0
// Numbers for people: three or four digits and a prefix.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace trainyard {

// 1.234e9, "FLOP" -> "1.234 GFLOP"; 0.0021, "J" -> "2.100 mJ".
std::string quantity(double value, std::string_view unit);
// "820.0 ns", "12.34 us", "1.204 ms".
std::string time_text(Time time);
// 0.4567 -> "45.7 %".
std::string percent(double share);
// 1234567 -> "1,234,567".
std::string count_text(std::int64_t count);

}  // namespace trainyard
