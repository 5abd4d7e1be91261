// SPDX-License-Identifier: Apache-2.0
#include "serving/token_gaps.h"

#include <algorithm>
#include <cmath>

namespace trainyard {
namespace {

constexpr double kShortest = 1e-9;         // seconds
constexpr double kPlacesADoubling = 1024;  // 0.07 %
constexpr std::size_t kPlaces = 64 * 1024;
constexpr double kMostParts = 64;  // that a span of gaps is dealt out in

}  // namespace

std::size_t TokenGaps::place_of(double seconds) {
  const double place = std::round(std::log2(seconds / kShortest) * kPlacesADoubling);
  return static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(kPlaces - 1)));
}

void TokenGaps::add(double from_s, double to_s, double tokens) {
  if (tokens <= 0) return;
  if (tokens_at_.empty()) tokens_at_.resize(kPlaces, 0.0);
  tokens_ += tokens;
  seconds_ += tokens * (from_s + to_s) / 2;
  const double apart = static_cast<double>(place_of(to_s)) - static_cast<double>(place_of(from_s));
  const double parts = std::clamp(apart + 1, 1.0, kMostParts);
  for (double i = 0; i < parts; ++i) {
    tokens_at_[place_of(from_s + (to_s - from_s) * (i + 0.5) / parts)] += tokens / parts;
  }
}

double TokenGaps::percentile(double share) const {
  double left = share * tokens_ * (1 - 1e-12);  // sums of parts are not exact
  for (std::size_t i = 0; i < tokens_at_.size(); ++i) {
    left -= tokens_at_[i];
    if (left <= 0 && tokens_at_[i] > 0) {
      return kShortest * std::exp2(static_cast<double>(i) / kPlacesADoubling);
    }
  }
  return 0;
}

}  // namespace trainyard
