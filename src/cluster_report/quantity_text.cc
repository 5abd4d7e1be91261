// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/quantity_text.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace trainyard {
namespace {

// At least three digits, but no digit that says nothing: 0.00412, 1.23, 12.3, 123, 1234.
std::string rounded(double value) {
  const double size = std::abs(value);
  if (size == 0) return "0";
  if (size < 1e-4 || size >= 1e15) return fmt::format("{:.2e}", value);
  if (size < 1) return fmt::format("{:.3g}", value);
  const int decimals = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  std::string text = fmt::format("{:.{}f}", value, decimals);
  const std::size_t point = text.find('.');
  if (point != std::string::npos && text.find_first_not_of('0', point + 1) == std::string::npos) {
    text.erase(point);
  }
  return text;
}

}  // namespace

std::string count_text(double value) {
  std::string text = fmt::format("{:.0f}", value);
  for (std::size_t end = text.size(); end > 3 && text[end - 4] != '-'; end -= 3) {
    text.insert(end - 3, 1, ',');
  }
  return text;
}

std::string digits_text(double value) {
  return std::abs(value) >= 1000 && std::abs(value) < 1e15 ? count_text(value) : rounded(value);
}

std::string si_text(double value, const std::string& unit) {
  constexpr std::array<const char*, 9> kPrefixes = {"n", "µ", "m", "", "k", "M", "G", "T", "P"};
  std::size_t at = 3;
  double shown = value;
  while (std::abs(shown) >= 999.5 && at + 1 < kPrefixes.size()) shown /= 1000, ++at;
  while (shown != 0 && std::abs(shown) < 0.9995 && at > 0) shown *= 1000, --at;
  return fmt::format("{} {}{}", digits_text(shown), kPrefixes[at], unit);
}

std::string seconds_text(double seconds) {
  constexpr double kMinute = 60, kHour = 3600, kDay = 86'400;
  if (std::abs(seconds) < 10 * kMinute) return si_text(seconds, "s");
  if (seconds < 2 * kHour) return digits_text(seconds / kMinute) + " min";
  if (seconds < 2 * kDay) return digits_text(seconds / kHour) + " h";
  return digits_text(seconds / kDay) + " days";
}

std::string bytes_text(double bytes) {
  constexpr std::array<const char*, 6> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t at = 0;
  for (; bytes >= 1000 && at + 1 < kUnits.size(); ++at) bytes /= 1024;
  return fmt::format("{} {}", rounded(bytes), kUnits[at]);
}

std::string percent_text(double share) {
  const double percent = 100 * share;
  return fmt::format("{:.{}f} %", percent, percent != 0 && std::abs(percent) < 9.95 ? 1 : 0);
}

std::string usd_text(double usd) {
  if (usd < 1e3) return fmt::format("${}", rounded(usd));
  if (usd < 1e6) return fmt::format("${} k", rounded(usd / 1e3));
  if (usd < 1e9) return fmt::format("${} M", rounded(usd / 1e6));
  return fmt::format("${} G", rounded(usd / 1e9));
}

}  // namespace trainyard
