// SPDX-License-Identifier: Apache-2.0
#include "serving/token_gaps.h"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace trainyard {
namespace {

constexpr double kMostParts = 64;  // that a span of gaps is dealt out in
// A place is a double's exponent and its first ten bits, counted from that of the shortest gap.
constexpr int kDropped = 52 - 10;
constexpr double kShortest = 0x1p-30, kLongest = 0x1p30;  // seconds
constexpr std::size_t kPlaces = 60 << 10;

std::uint64_t bits_of(double seconds) {
  return std::bit_cast<std::uint64_t>(seconds) >> kDropped;
}

std::size_t place_of(double seconds) {
  const std::uint64_t place =
      bits_of(std::clamp(seconds, kShortest, kLongest)) - bits_of(kShortest);
  return std::min(static_cast<std::size_t>(place), kPlaces - 1);
}

// The middle of a place.
double seconds_of(std::size_t place) {
  const std::uint64_t bits = (place + bits_of(kShortest)) << kDropped;
  return std::bit_cast<double>(bits + (std::uint64_t{1} << (kDropped - 1)));
}

}  // namespace

void TokenGaps::add(double from_s, double to_s, double tokens) {
  if (tokens <= 0) return;
  if (tokens_at_.empty()) tokens_at_.resize(kPlaces, 0.0);
  tokens_ += tokens;
  seconds_ += tokens * (from_s + to_s) / 2;
  const std::size_t first = place_of(from_s), last = place_of(to_s);
  if (first >= last) {
    tokens_at_[first] += tokens;
    return;
  }
  const double parts = std::min(static_cast<double>(last - first + 1), kMostParts);
  for (double i = 0; i < parts; ++i) {
    tokens_at_[place_of(from_s + (to_s - from_s) * (i + 0.5) / parts)] += tokens / parts;
  }
}

double TokenGaps::percentile(double share) const {
  double left = share * tokens_ * (1 - 1e-12);  // sums of parts are not exact
  for (std::size_t i = 0; i < tokens_at_.size(); ++i) {
    left -= tokens_at_[i];
    if (left <= 0 && tokens_at_[i] > 0) return seconds_of(i);
  }
  return 0;
}

}  // namespace trainyard
