// SPDX-License-Identifier: Apache-2.0
#include "program/region.h"

#include <algorithm>
#include <array>

namespace trainyard {
namespace {

// Accesses older than the window become one per queue: its last instruction retires last.
void sum_up(std::vector<Touched>& list, std::uint32_t now) {
  std::array<std::size_t, kEngineCount> sum{};   // 1 + position in the new list
  std::size_t kept = 0;
  for (const Touched& touched : list) {
    const auto queue = static_cast<std::size_t>(touched.queue);
    const bool old = touched.node + kScheduleWindow < now;
    if (old && sum[queue] > 0) {
      Touched& total = list[sum[queue] - 1];
      total.where = {total.where.rectangle.joined(touched.where.rectangle), nullptr};
      total.node = std::max(total.node, touched.node);
      continue;
    }
    list[kept++] = touched;
    if (old) sum[queue] = kept;
  }
  list.resize(kept);
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
    sum_up(list, touched.node);
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
    for (const Touched& touched : from) {
      if (!touched.where.rectangle.meets(part)) continue;
      to.push_back(touched);
      Footprint& where = to.back().where;
      if (where.pattern == nullptr) where.rectangle = where.rectangle.clipped(part);
    }
  };
  take(older.writes_, writes_);
  take(older.reads_, reads_);
  last_use = std::max(last_use, older.last_use);
}

void Region::clear() {
  writes_.clear();
  reads_.clear();
  writes_limit_ = reads_limit_ = kSumUpFrom;
  last_use = 0;
}

}  // namespace trainyard
