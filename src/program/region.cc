// SPDX-License-Identifier: Apache-2.0
#include "program/region.h"

#include <algorithm>
#include <array>

namespace trainyard {
namespace {

// Of each queue, what comes more than a window before its last access joins that one, which the
// scheduler cannot have put in front of it.
void sum_up(std::vector<Touched>& list) {
  std::array<std::size_t, kEngineCount> last{};  // 1 + position
  for (std::size_t i = 0; i < list.size(); ++i) {
    std::size_t& at = last[static_cast<std::size_t>(list[i].queue)];
    if (at == 0 || list[at - 1].node < list[i].node) at = i + 1;
  }
  for (Touched& touched : list) {
    Touched& total = list[last[static_cast<std::size_t>(touched.queue)] - 1];
    if (touched.node + kScheduleWindow >= total.node) continue;
    total.where = {total.where.rectangle.joined(touched.where.rectangle), nullptr};
    touched.node = kNoIndex;
  }
  std::erase_if(list, [](const Touched& touched) { return touched.node == kNoIndex; });
}

bool same_pattern(const View* a, const View* b) {
  if (a == b) return true;
  if (a == nullptr || b == nullptr || a->dtype != b->dtype || a->rank != b->rank) return false;
  for (int d = 0; d < a->rank; ++d) {
    if (a->dims[d].step != b->dims[d].step || a->dims[d].count != b->dims[d].count) return false;
  }
  return true;
}

}  // namespace

void Region::add(std::vector<Touched>& list, const Touched& touched, std::size_t& limit) {
  if (list.size() >= limit) {
    sum_up(list);
    limit = std::max(kSumUpFrom, list.size() * 2);
  }
  list.push_back(touched);
}

void Region::overwrite(const Touched& touched) {
  const Rectangle& r = touched.where.rectangle;
  const View* pattern = touched.where.pattern;
  const auto covered = [&](const Touched& old) {
    if (pattern == nullptr) return r.covers(old.where.rectangle);
    return r == old.where.rectangle && same_pattern(pattern, old.where.pattern);
  };
  writes_.erase(std::remove_if(writes_.begin(), writes_.end(), covered), writes_.end());
  reads_.erase(std::remove_if(reads_.begin(), reads_.end(), covered), reads_.end());
}

void Region::inherit(const Region& older, const Rectangle& part) {
  const auto take = [&](const std::vector<Touched>& from, std::vector<Touched>& to) {
    for (Touched touched : from) {
      if (!touched.where.rectangle.meets(part)) continue;
      touched.where = {touched.where.rectangle.clipped(part), nullptr};
      // Two neighbours may both have inherited it.
      const bool known = std::any_of(to.begin(), to.end(), [&](const Touched& other) {
        return other.node == touched.node && other.where.rectangle.covers(touched.where.rectangle);
      });
      if (!known) to.push_back(touched);
    }
    if (to.size() > kSumUpFrom) sum_up(to);
  };
  take(older.writes_, writes_);
  take(older.reads_, reads_);
}

void Region::clear() {
  writes_.clear();
  reads_.clear();
  writes_limit_ = reads_limit_ = kSumUpFrom;
  last_use = 0;
}

}  // namespace trainyard
