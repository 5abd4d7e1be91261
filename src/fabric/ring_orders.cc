// SPDX-License-Identifier: Apache-2.0
#include "fabric/ring_orders.h"

#include <cmath>

namespace trainyard {
namespace {

// Both ways round a ring that visits `members` in this order.
void add_both_ways(const std::vector<std::int64_t>& members, RingOrders& orders) {
  const std::size_t count = members.size();
  std::vector<std::int64_t> ahead(count), back(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t next = members[(i + 1) % count];
    ahead[static_cast<std::size_t>(members[i])] = next;
    back[static_cast<std::size_t>(next)] = members[i];
  }
  orders.push_back(ahead);
  if (count > 2) orders.push_back(back);
}

}  // namespace

RingOrders ring_orders(LevelShape shape, std::int64_t parts, bool whole) {
  const auto side = static_cast<std::int64_t>(std::round(std::sqrt(static_cast<double>(parts))));
  RingOrders orders;
  if (shape == LevelShape::torus && whole && side * side == parts && side > 2) {
    // All of a row but its last link, then one step to the next row; and the same with columns.
    std::vector<std::int64_t> rows, columns;
    for (std::int64_t step = 0, along = 0; step < parts; ++step) {
      const std::int64_t across = step / side;
      rows.push_back(along + across * side);
      columns.push_back(along * side + across);
      if (step % side != side - 1) along = (along + 1) % side;
    }
    add_both_ways(rows, orders);
    add_both_ways(columns, orders);
    return orders;
  }
  std::vector<std::int64_t> members;
  for (std::int64_t member = 0; member < parts; ++member) members.push_back(member);
  add_both_ways(members, orders);
  if (shape == LevelShape::switched || shape == LevelShape::network) orders.resize(1);
  return orders;
}

}  // namespace trainyard
