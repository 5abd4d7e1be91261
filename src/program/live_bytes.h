// SPDX-License-Identifier: Apache-2.0
// How many bytes of each partition are alive at each instruction of a stream, under changes:
// a segment tree with additions to ranges and maxima of ranges, both O(log n).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace trainyard {

class LiveBytes {
 public:
  explicit LiveBytes(std::uint32_t instructions) {
    while (leaves_ < instructions) leaves_ *= 2;
    most_.assign(std::size_t{2} * leaves_, 0);
    added_.assign(std::size_t{2} * leaves_, 0);
  }

  // To the instructions [first, last); nothing where that is empty.
  void add(std::uint32_t first, std::uint32_t last, std::int64_t bytes) {
    if (first < last) add(1, 0, leaves_, first, last, bytes);
  }
  // The most in [first, last); 0 where that is empty.
  std::int64_t most(std::uint32_t first, std::uint32_t last) const {
    return first < last ? most(1, 0, leaves_, first, last) : 0;
  }

 private:
  void add(std::size_t node, std::uint32_t low, std::uint32_t high, std::uint32_t first,
           std::uint32_t last, std::int64_t bytes) {
    if (last <= low || high <= first) return;
    if (first <= low && high <= last) {
      most_[node] += bytes;
      added_[node] += bytes;
      return;
    }
    const std::uint32_t middle = low + (high - low) / 2;
    add(2 * node, low, middle, first, last, bytes);
    add(2 * node + 1, middle, high, first, last, bytes);
    most_[node] = added_[node] + std::max(most_[2 * node], most_[2 * node + 1]);
  }
  std::int64_t most(std::size_t node, std::uint32_t low, std::uint32_t high, std::uint32_t first,
                    std::uint32_t last) const {
    if (last <= low || high <= first) return 0;
    if (first <= low && high <= last) return most_[node];
    const std::uint32_t middle = low + (high - low) / 2;
    return added_[node] + std::max(most(2 * node, low, middle, first, last),
                                   most(2 * node + 1, middle, high, first, last));
  }

  std::uint32_t leaves_ = 1;
  std::vector<std::int64_t> most_, added_;
};

}  // namespace trainyard
