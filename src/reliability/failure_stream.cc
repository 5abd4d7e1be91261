// SPDX-License-Identifier: Apache-2.0
#include "reliability/failure_stream.h"

#include "base/elementary.h"
#include "base/fault.h"

namespace trainyard {
namespace {

constexpr std::uint16_t kPurposeLife = 1;

// The first that `at` is below, else the last. Counted, for a search's end is a branch that no
// processor foresees.
std::size_t kind_at(const std::vector<double>& sums, double at) {
  std::size_t kind = 0;
  for (std::size_t i = 0; i + 1 < sums.size(); ++i) kind += at >= sums[i] ? 1 : 0;
  return kind;
}

}  // namespace

FailureStream::FailureStream(const LifePlan& plan, std::uint64_t seed, std::uint64_t index)
    : plan_(plan),
      random_(seed, kPurposeLife, index),
      gap_(draw_gap()),
      per_s_(plan.failures_per_s(1)) {}

double FailureStream::draw_gap() {
  return plan_.job.gap_shape == 1 ? random_.exponential()
                                  : plan_.gap_scale * random_.weibull(plan_.job.gap_shape);
}

std::size_t FailureStream::fail() {
  if (++failures_ > static_cast<std::int64_t>(2 * kFailuresOfALifeMax)) {
    throw Fault(FaultKind::limit, "a life has more failures than can be followed",
                "look at the failure rates: are they per chip and day?");
  }
  gap_ = draw_gap();
  const double by_size = plan_.size_per_s * share_;
  const double at = random_.uniform() * (by_size + plan_.job_per_s);
  return at < by_size ? kind_at(plan_.by_size, at / share_) : kind_at(plan_.by_job, at - by_size);
}

double FailureStream::draw(const DrawnDuration& duration) {
  switch (duration.spread) {
    case Spread::fixed:
      return duration.mean_s;
    case Spread::exponential:
      return duration.mean_s * random_.exponential();
    case Spread::lognormal:
      return duration.median_s * portable_exp(duration.sigma * random_.normal());
  }
  return duration.mean_s;
}

bool FailureStream::happens(double probability) {
  if (probability <= 0) return false;
  return probability >= 1 || random_.uniform() < probability;
}

}  // namespace trainyard
