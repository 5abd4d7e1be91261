// SPDX-License-Identifier: Apache-2.0
#include "planner/front.h"

#include <algorithm>

namespace trainyard {
namespace {

bool at_most(const FrontPoint& a, const FrontPoint& b) {
  return a[0] <= b[0] && a[1] <= b[1] && a[2] <= b[2];
}

}  // namespace

bool Front::beats(const FrontPoint& point) const {
  return std::any_of(members_.begin(), members_.end(), [&](const Member& member) {
    return at_most(member.point, point) && member.point != point;
  });
}

bool Front::add(const FrontPoint& point, std::size_t number) {
  for (const Member& member : members_) {
    if (at_most(member.point, point) && (member.point != point || member.number < number)) {
      return false;
    }
  }
  members_.erase(std::remove_if(members_.begin(), members_.end(),
                                [&](const Member& member) { return at_most(point, member.point); }),
                 members_.end());
  members_.push_back({point, number});
  return true;
}

}  // namespace trainyard
