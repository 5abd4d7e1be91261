// SPDX-License-Identifier: Apache-2.0
#include "serving/requests.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/counter_random.h"
#include "base/document.h"

namespace trainyard {
namespace {

constexpr std::uint16_t kPurposeArrivals = 0x5301, kPurposeLengths = 0x5302;
constexpr std::size_t kMaxTraceBytes = std::size_t{1} << 30;
constexpr double kLongest = 1e7;  // tokens

std::int64_t length(CounterRandom& random, double mean, double cv, std::int64_t most) {
  const double drawn = cv > 0 ? random.lognormal(mean, cv) : mean;
  const double limit = most > 0 ? static_cast<double>(most) : kLongest;
  return static_cast<std::int64_t>(std::clamp(std::round(drawn), 1.0, limit));
}

}  // namespace

std::vector<Request> draw_requests(const RequestSource& source) {
  std::vector<Request> requests(static_cast<std::size_t>(source.count));
  double now_s = 0;
  const double shape = source.arrival_cv > 0 ? 1 / (source.arrival_cv * source.arrival_cv) : 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (source.per_s > 0) {
      CounterRandom gaps(source.seed, kPurposeArrivals, i);
      const double gap = shape == 0   ? 1
                         : shape == 1 ? gaps.exponential()
                                      : gaps.gamma(shape) / shape;
      now_s += gap / source.per_s;
    }
    CounterRandom lengths(source.seed, kPurposeLengths, i);
    requests[i].arrival_s = now_s;
    requests[i].input = length(lengths, source.input_mean, source.input_cv, source.max_length);
    requests[i].output = length(lengths, source.output_mean, source.output_cv, source.max_length);
  }
  return requests;
}

std::vector<Request> make_requests(const RequestSource& source, const std::string& from_file) {
  if (source.trace.empty()) return draw_requests(source);
  namespace fs = std::filesystem;
  const fs::path given(source.trace);
  const std::string path =
      given.is_absolute() ? given.string() : (fs::path(from_file).parent_path() / given).string();
  return parse_trace(read_text(path, "the trace", kMaxTraceBytes), path);
}

}  // namespace trainyard
