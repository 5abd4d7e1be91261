// SPDX-License-Identifier: Apache-2.0
// Which regions' tensors lie, or lay last, in each stretch of bytes of SBUF or PSUM.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "program/region.h"

namespace trainyard {

class Occupancy {
 public:
  // Regions that lie, at least in part, in `rectangle`: appended to `found`, each once.
  void find(const Rectangle& rectangle, const std::vector<Region>& regions,
            std::vector<std::uint32_t>& found) const;
  // From now on `region` lies in `rectangle`; those wholly behind its partitions are forgotten
  // there unless they are in `kept`. Regions that lie nowhere any more are cleared.
  void enter(const Rectangle& rectangle, std::uint32_t region, std::vector<Region>& regions,
             const std::vector<std::uint32_t>& kept);

 private:
  struct Stretch {
    std::int64_t end = 0;
    std::vector<std::uint32_t> regions;
  };
  using Stretches = std::map<std::int64_t, Stretch>;

  void split(std::int64_t at, std::vector<Region>& regions);

  Stretches stretches_;            // disjoint, by first byte
};

}  // namespace trainyard
