// SPDX-License-Identifier: Apache-2.0
// Points that no other point beats in everything.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace trainyard {

using FrontPoint = std::array<double, 3>;  // less is better

class Front {
 public:
  // A point of the front is at most `point` in all three, and below it in one.
  bool beats(const FrontPoint& point) const;
  // Adds a point with the caller's number; of equal points the lowest number stays. False when the
  // point is beaten.
  bool add(const FrontPoint& point, std::size_t number);

  struct Member {
    FrontPoint point;
    std::size_t number;
  };
  const std::vector<Member>& members() const { return members_; }

 private:
  std::vector<Member> members_;
};

}  // namespace trainyard
