// SPDX-License-Identifier: Apache-2.0
#include "reliability/failure_stream.h"

#include <algorithm>
#include <limits>

#include "base/elementary.h"
#include "base/fault.h"

namespace trainyard {
namespace {

constexpr std::uint16_t kPurposeLife = 1;
constexpr double kNever = std::numeric_limits<double>::infinity();

struct Later {
  bool operator()(const DueList::Due& a, const DueList::Due& b) const { return a.at_s > b.at_s; }
};

}  // namespace

double DueList::next_s() const {
  return heap_.empty() ? kNever : heap_.front().at_s;
}

void DueList::add(double at_s, std::int64_t what) {
  heap_.push_back({at_s, what});
  std::push_heap(heap_.begin(), heap_.end(), Later());
}

std::int64_t DueList::take() {
  std::pop_heap(heap_.begin(), heap_.end(), Later());
  const std::int64_t what = heap_.back().what;
  heap_.pop_back();
  return what;
}

FailureStream::FailureStream(const LifePlan& plan, std::uint64_t seed, std::uint64_t index)
    : plan_(plan), random_(seed, kPurposeLife, index), gap_(draw_gap()) {}

double FailureStream::draw_gap() {
  return plan_.job.gap_shape == 1 ? random_.exponential()
                                  : plan_.gap_scale * random_.weibull(plan_.job.gap_shape);
}

double FailureStream::next_s(double share) const {
  const double per_s = plan_.failures_per_s(share);
  return per_s > 0 ? gap_ / per_s : kNever;
}

void FailureStream::wear(double length_s, double share) {
  gap_ = std::max(0.0, gap_ - length_s * plan_.failures_per_s(share));
}

std::size_t FailureStream::fail(double share) {
  if (++failures_ > static_cast<std::int64_t>(2 * kFailuresOfALifeMax)) {
    throw Fault(FaultKind::limit, "a life has more failures than can be followed",
                "look at the failure rates: are they per chip and day?");
  }
  gap_ = draw_gap();
  const double by_size = plan_.size_per_s * share;
  double at = random_.uniform() * (by_size + plan_.job_per_s);
  const bool of_size = at < by_size;
  at = of_size ? at / share : at - by_size;
  const std::vector<double>& sums = of_size ? plan_.by_size : plan_.by_job;
  std::size_t kind = 0;
  while (kind + 1 < sums.size() && at >= sums[kind]) ++kind;
  return kind;
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

void NodePool::take(std::int64_t nodes, double back_at_s) {
  if (out_ >= nodes_) return;
  nodes = std::min(nodes, nodes_ - out_);
  out_ += nodes;
  most_out_ = std::max(most_out_, out_);
  repairs_.add(back_at_s, nodes);
}

void NodePool::collect(double now_s) {
  while (repairs_.next_s() <= now_s) out_ -= repairs_.take();
}

std::int64_t NodePool::usable_replicas() const {
  const double healthy = static_cast<double>(nodes_ - out_) / plan_.nodes_per_replica + 1e-9;
  return std::min(plan_.replicas, static_cast<std::int64_t>(healthy));
}

}  // namespace trainyard
