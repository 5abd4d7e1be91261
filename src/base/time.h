// SPDX-License-Identifier: Apache-2.0
// Simulated time: integer picoseconds, so that the same Program gives the same timeline on any
// host and with any number of threads.
#pragma once

#include <compare>
#include <cstdint>

namespace trainyard {

// To the nearest integer, halves away from zero: std::llround without the call, for numbers that
// an integer can hold.
constexpr std::int64_t nearest(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  const double rest = value - static_cast<double>(whole);
  return whole + (rest >= 0.5 ? 1 : 0) - (rest <= -0.5 ? 1 : 0);
}

struct Time {
  std::int64_t ps = 0;

  static constexpr Time from_ps(std::int64_t value) { return Time{value}; }
  // Rounds to the nearest picosecond.
  static constexpr Time from_ns(double value) { return Time{nearest(value * 1e3)}; }
  static constexpr Time from_us(double value) { return Time{nearest(value * 1e6)}; }
  // `cycles` of a clock of `hz`.
  static constexpr Time from_cycles(double cycles, double hz) {
    return Time{nearest(cycles * 1e12 / hz)};
  }

  constexpr double ns() const { return static_cast<double>(ps) * 1e-3; }
  constexpr double us() const { return static_cast<double>(ps) * 1e-6; }
  constexpr double seconds() const { return static_cast<double>(ps) * 1e-12; }

  friend constexpr auto operator<=>(Time, Time) = default;
  friend constexpr Time operator+(Time a, Time b) { return {a.ps + b.ps}; }
  friend constexpr Time operator-(Time a, Time b) { return {a.ps - b.ps}; }
  friend constexpr Time operator*(Time a, std::int64_t n) { return {a.ps * n}; }
  constexpr Time& operator+=(Time b) {
    ps += b.ps;
    return *this;
  }
};

constexpr Time later(Time a, Time b) {
  return a < b ? b : a;
}

}  // namespace trainyard
