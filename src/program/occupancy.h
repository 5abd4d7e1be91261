// SPDX-License-Identifier: Apache-2.0
// Which regions' tensors lie, or lay last, in each stretch of bytes of SBUF or PSUM.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "program/region.h"

namespace trainyard {

// A short list of regions; only tensors that share bytes of different partitions make it long.
class RegionList {
 public:
  std::size_t size() const { return size_; }
  std::uint32_t operator[](std::size_t i) const {
    return i < kInside ? few_[i] : more_[i - kInside];
  }
  void add(std::uint32_t region);
  void set(std::size_t i, std::uint32_t region) {
    (i < kInside ? few_[i] : more_[i - kInside]) = region;
  }
  void remove(std::size_t i);
  bool has(std::uint32_t region) const;

 private:
  static constexpr std::size_t kInside = 3;
  std::array<std::uint32_t, kInside> few_{};
  std::uint32_t size_ = 0;
  std::vector<std::uint32_t> more_;
};

// A region, and bytes where its tensors were the last to lie.
struct Occupant {
  std::uint32_t region = 0;
  std::int64_t first_byte = 0, end_byte = 0;
};

class Occupancy {
 public:
  // Regions that lie, at least in part, in `rectangle`, and where in it.
  void find(const Rectangle& rectangle, const std::vector<Region>& regions,
            std::vector<Occupant>& found);
  // From now on `region` lies in `rectangle`, which `find` was asked for last; those wholly behind
  // its partitions are forgotten there. Regions that lie nowhere any more are cleared and appended
  // to `unused`.
  void enter(const Rectangle& rectangle, std::uint32_t region, std::vector<Region>& regions,
             std::vector<std::uint32_t>& unused);
  // `old` is part of `into` from now on.
  void rename(std::uint32_t old, std::uint32_t into, std::vector<Region>& regions,
              std::vector<std::uint32_t>& unused);

 private:
  struct Stretch {
    std::int64_t end = 0;
    RegionList regions;
  };

  using Stretches = std::map<std::int64_t, Stretch>;

  Stretches::iterator split(Stretches::iterator it, std::int64_t at, std::vector<Region>& regions);

  Stretches stretches_;        // disjoint, by first byte
  Stretches::iterator first_;  // of the rectangle asked for last
};

}  // namespace trainyard
