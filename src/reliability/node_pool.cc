// SPDX-License-Identifier: Apache-2.0
#include "reliability/node_pool.h"

#include <algorithm>
#include <limits>

namespace trainyard {
namespace {

constexpr double kSlicesMax = 0x1p20;  // 4 MiB
constexpr double kReturnsOfASlice = 4;

}  // namespace

Returns::Returns(double end_s, double expected)
    : end_s_(end_s),
      slices_per_s_(std::clamp(expected / kReturnsOfASlice, 1.0, kSlicesMax) / end_s),
      // Times before the end are in slices up to that of the end.
      slices_(slice_of(end_s) + 1, kNoReturn) {}

void Returns::add(double at_s, std::int64_t nodes) {
  if (!(at_s < end_s_)) return;
  const std::size_t slice = slice_of(at_s);
  const Return back = {at_s, nodes, slices_[slice]};
  if (slice < opened_) {
    near_.insert(std::upper_bound(near_.begin(), near_.end(), back, later), back);
    return;
  }
  std::int32_t place = free_;
  if (place == kNoReturn) {
    place = static_cast<std::int32_t>(returns_.size());
    returns_.emplace_back();
  } else {
    free_ = returns_[static_cast<std::size_t>(place)].next;
  }
  returns_[static_cast<std::size_t>(place)] = back;
  slices_[slice] = place;
}

void Returns::open_slice() {
  std::int32_t place = slices_[opened_++];
  while (place != kNoReturn) {
    Return& back = returns_[static_cast<std::size_t>(place)];
    near_.push_back(back);
    const std::int32_t next = back.next;
    back.next = free_;
    free_ = place;
    place = next;
  }
  std::sort(near_.begin(), near_.end(), later);
}

std::int64_t Returns::take_until(double now_s) {
  const std::size_t last = now_s < end_s_ ? slice_of(now_s) : slices_.size() - 1;
  while (opened_ <= last) open_slice();
  std::int64_t nodes = 0;
  while (!near_.empty() && near_.back().at_s <= now_s) {
    nodes += near_.back().nodes;
    near_.pop_back();
  }
  return nodes;
}

double Returns::next_s() {
  while (near_.empty() && opened_ < slices_.size()) open_slice();
  return near_.empty() ? std::numeric_limits<double>::infinity() : near_.back().at_s;
}

NodePool::NodePool(const LifePlan& plan)
    : plan_(plan),
      nodes_(plan.job.nodes() + plan.job.spare_nodes),
      returns_(plan.end_s(), plan.failures_per_s(1) * plan.end_s()) {}

void NodePool::take(std::int64_t nodes, double back_at_s) {
  if (out_ >= nodes_) return;
  nodes = std::min(nodes, nodes_ - out_);
  out_ += nodes;
  most_out_ = std::max(most_out_, out_);
  returns_.add(back_at_s, nodes);
}

std::int64_t NodePool::usable_replicas() const {
  const double healthy = static_cast<double>(nodes_ - out_) / plan_.nodes_per_replica + 1e-9;
  return std::min(plan_.replicas, static_cast<std::int64_t>(healthy));
}

}  // namespace trainyard
