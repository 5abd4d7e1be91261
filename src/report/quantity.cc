// SPDX-License-Identifier: Apache-2.0
#include "report/quantity.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace trainyard {

std::string quantity(double value, std::string_view unit) {
  constexpr std::array<std::string_view, 9> kPrefixes = {"p", "n", "u", "m", "",
                                                         "k", "M", "G", "T"};
  constexpr std::size_t kNone = 4;
  std::size_t prefix = kNone;
  double scaled = value;
  while (std::abs(scaled) >= 1000 && prefix + 1 < kPrefixes.size()) {
    scaled /= 1000;
    ++prefix;
  }
  while (scaled != 0 && std::abs(scaled) < 1 && prefix > 0) {
    scaled *= 1000;
    --prefix;
  }
  return fmt::format("{:.4g} {}{}", scaled, kPrefixes[prefix], unit);
}

std::string time_text(Time time) {
  return quantity(time.seconds(), "s");
}

std::string percent(double share) {
  return fmt::format("{:.1f} %", share * 100);
}

std::string count_text(std::int64_t count) {
  std::string text = std::to_string(count);
  const std::size_t first_digit = count < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > first_digit + 3;) text.insert(at -= 3, ",");
  return text;
}

}  // namespace trainyard
