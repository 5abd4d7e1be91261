// SPDX-License-Identifier: Apache-2.0
#include "program/occupancy.h"

#include <algorithm>
#include <iterator>

namespace trainyard {
namespace {

bool partitions_meet(const Rectangle& a, const Rectangle& b) {
  return a.first_partition < b.end_partition && b.first_partition < a.end_partition;
}

void leave(std::uint32_t region, std::vector<Region>& regions, std::vector<std::uint32_t>& unused) {
  if (--regions[region].places > 0) return;
  regions[region].clear();
  if (regions[region].merged_into == kNoIndex) unused.push_back(region);
}

}  // namespace

void RegionList::add(std::uint32_t region) {
  if (size_ < kInside) {
    few_[size_] = region;
  } else {
    more_.push_back(region);
  }
  ++size_;
}

void RegionList::remove(std::size_t i) {
  set(i, (*this)[size_ - 1]);
  if (size_ > kInside) more_.pop_back();
  --size_;
}

bool RegionList::has(std::uint32_t region) const {
  for (std::size_t i = 0; i < size_; ++i) {
    if ((*this)[i] == region) return true;
  }
  return false;
}

void Occupancy::find(const Rectangle& rectangle, const std::vector<Region>& regions,
                     std::vector<Occupant>& found) {
  auto it = stretches_.upper_bound(rectangle.first_byte);
  if (it != stretches_.begin() && std::prev(it)->second.end > rectangle.first_byte) --it;
  first_ = it;
  for (; it != stretches_.end() && it->first < rectangle.end_byte; ++it) {
    const std::int64_t first = std::max(it->first, rectangle.first_byte);
    const std::int64_t end = std::min(it->second.end, rectangle.end_byte);
    for (std::size_t i = 0; i < it->second.regions.size(); ++i) {
      const std::uint32_t region = it->second.regions[i];
      if (!partitions_meet(regions[region].bounds, rectangle)) continue;
      const auto next_to = std::find_if(found.begin(), found.end(), [&](const Occupant& other) {
        return other.region == region && other.end_byte == first;
      });
      if (next_to != found.end()) {
        next_to->end_byte = end;
      } else {
        found.push_back({region, first, end});
      }
    }
  }
}

Occupancy::Stretches::iterator Occupancy::split(Stretches::iterator it, std::int64_t at,
                                                std::vector<Region>& regions) {
  Stretch upper = it->second;
  it->second.end = at;
  for (std::size_t i = 0; i < upper.regions.size(); ++i) ++regions[upper.regions[i]].places;
  return stretches_.emplace_hint(std::next(it), at, std::move(upper));
}

void Occupancy::enter(const Rectangle& rectangle, std::uint32_t region,
                      std::vector<Region>& regions, std::vector<std::uint32_t>& unused) {
  ++regions[region].places;  // keeps it from being forgotten in between
  std::int64_t at = rectangle.first_byte;
  auto it = first_;
  if (it != stretches_.end() && it->first < at) it = split(it, at, regions);
  auto before = stretches_.end();  // the stretch of this region alone that ends at `at`
  while (at < rectangle.end_byte) {
    if (it == stretches_.end() || it->first > at) {
      const std::int64_t end =
          it == stretches_.end() ? rectangle.end_byte : std::min(it->first, rectangle.end_byte);
      it = stretches_.emplace_hint(it, at, Stretch{end, {}});
    } else if (it->second.end > rectangle.end_byte) {
      split(it, rectangle.end_byte, regions);
    }
    RegionList& list = it->second.regions;
    for (std::size_t i = list.size(); i-- > 0;) {
      const Rectangle& bounds = regions[list[i]].bounds;
      const bool hidden =
          list[i] == region || (rectangle.first_partition <= bounds.first_partition &&
                                bounds.end_partition <= rectangle.end_partition);
      if (!hidden) continue;
      leave(list[i], regions, unused);
      list.remove(i);
    }
    at = it->second.end;
    if (list.size() == 0 && before != stretches_.end()) {
      before->second.end = at;
      it = stretches_.erase(it);
      continue;
    }
    before = list.size() == 0 ? it : stretches_.end();
    list.add(region);
    ++regions[region].places;
    ++it;
  }
  --regions[region].places;
}

void Occupancy::rename(std::uint32_t old, std::uint32_t into, std::vector<Region>& regions,
                       std::vector<std::uint32_t>& unused) {
  for (auto& [begin, stretch] : stretches_) {
    RegionList& list = stretch.regions;
    for (std::size_t i = list.size(); i-- > 0;) {
      if (list[i] != old) continue;
      if (list.has(into)) {
        list.remove(i);
      } else {
        list.set(i, into);
        ++regions[into].places;
      }
      leave(old, regions, unused);
    }
  }
}

}  // namespace trainyard
