// SPDX-License-Identifier: Apache-2.0
// The accesses that a later access to the same bytes may have to wait for. One region holds one
// tensor, or the tensors that the kernel let overlap while both live.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/operands.h"
#include "program/footprint.h"
#include "program/work.h"

namespace trainyard {

// The scheduler admits a node once all nodes this far before it are issued, as a compiler looks
// at a bounded part of the stream at a time. Accesses farther back than this may be summed up.
inline constexpr std::uint32_t kScheduleWindow = 512;

struct Touched {
  Footprint where;
  std::uint32_t node = 0;
  Engine queue = Engine::unknown;
};

class Region {
 public:
  Rectangle bounds;            // of the tensors in it
  std::uint32_t last_use = 0;  // stream index
  std::uint32_t places = 0;    // stretches of the occupancy map that name it
  std::uint32_t merged_into = kNoIndex;

  const std::vector<Touched>& writes() const { return writes_; }
  const std::vector<Touched>& reads() const { return reads_; }

  void add_read(const Touched& touched) { add(reads_, touched, reads_limit_); }
  void add_write(const Touched& touched) { add(writes_, touched, writes_limit_); }
  // Forgets what `touched`, which waits for all it overlaps, makes needless to remember.
  void overwrite(const Touched& touched);
  // What `older` leaves behind inside `part` must be waited for here too.
  void inherit(const Region& older, const Rectangle& part);
  // Empty again, for another tensor.
  void clear();

 private:
  static constexpr std::size_t kSumUpFrom = 64;

  static void add(std::vector<Touched>& list, const Touched& touched, std::size_t& limit);

  std::vector<Touched> writes_, reads_;
  std::size_t writes_limit_ = kSumUpFrom, reads_limit_ = kSumUpFrom;
};

}  // namespace trainyard
