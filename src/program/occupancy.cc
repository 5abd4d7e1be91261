// SPDX-License-Identifier: Apache-2.0
#include "program/occupancy.h"

#include <algorithm>
#include <iterator>

namespace trainyard {
namespace {

bool contains(const std::vector<std::uint32_t>& list, std::uint32_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool partitions_meet(const Rectangle& a, const Rectangle& b) {
  return a.first_partition < b.end_partition && b.first_partition < a.end_partition;
}

void leave(Region& region) {
  if (--region.places == 0) region.clear();
}

}  // namespace

void Occupancy::find(const Rectangle& rectangle, const std::vector<Region>& regions,
                     std::vector<std::uint32_t>& found) const {
  auto it = stretches_.upper_bound(rectangle.first_byte);
  if (it != stretches_.begin()) --it;
  for (; it != stretches_.end() && it->first < rectangle.end_byte; ++it) {
    if (it->second.end <= rectangle.first_byte) continue;
    for (std::uint32_t region : it->second.regions) {
      if (partitions_meet(regions[region].bounds, rectangle) && !contains(found, region)) {
        found.push_back(region);
      }
    }
  }
}

void Occupancy::split(std::int64_t at, std::vector<Region>& regions) {
  auto it = stretches_.lower_bound(at);
  if (it == stretches_.begin()) return;
  --it;
  if (it->second.end <= at) return;
  Stretch upper = it->second;
  it->second.end = at;
  for (std::uint32_t region : upper.regions) ++regions[region].places;
  stretches_.emplace(at, std::move(upper));
}

void Occupancy::enter(const Rectangle& rectangle, std::uint32_t region,
                      std::vector<Region>& regions, const std::vector<std::uint32_t>& kept) {
  split(rectangle.first_byte, regions);
  split(rectangle.end_byte, regions);
  Stretch whole{rectangle.end_byte, {region}};
  bool others = false;
  auto it = stretches_.lower_bound(rectangle.first_byte);
  const auto first = it;
  for (; it != stretches_.end() && it->first < rectangle.end_byte; ++it) {
    auto& list = it->second.regions;
    const auto hidden = [&](std::uint32_t old) {
      const Rectangle& bounds = regions[old].bounds;
      const bool gone = old == region ||
                        (!contains(kept, old) &&
                         rectangle.first_partition <= bounds.first_partition &&
                         bounds.end_partition <= rectangle.end_partition);
      // The new region itself is entered below, with one more place.
      if (gone && old != region) leave(regions[old]);
      if (gone && old == region) --regions[old].places;
      return gone;
    };
    list.erase(std::remove_if(list.begin(), list.end(), hidden), list.end());
    others = others || !list.empty();
  }
  if (!others) {
    stretches_.erase(first, it);
    stretches_.emplace(rectangle.first_byte, std::move(whole));
    ++regions[region].places;
    return;
  }
  // Part of the bytes still holds others in other partitions: keep the stretches, fill the gaps.
  std::int64_t at = rectangle.first_byte;
  for (it = first; at < rectangle.end_byte;) {
    if (it == stretches_.end() || it->first > at) {
      const std::int64_t end =
          it == stretches_.end() ? rectangle.end_byte : std::min(it->first, rectangle.end_byte);
      stretches_.emplace(at, Stretch{end, {region}});
      at = end;
    } else {
      it->second.regions.push_back(region);
      at = it->second.end;
      ++it;
    }
    ++regions[region].places;
  }
}

}  // namespace trainyard
