// SPDX-License-Identifier: Apache-2.0
#include "energy/active_time.h"

#include <algorithm>

namespace trainyard {
namespace {

// Extends the last interval where it can; queues come in order, so that few are left to sort.
void join(std::vector<Interval>& intervals, Time start, Time end) {
  if (!intervals.empty() && intervals.back().start <= start && start <= intervals.back().end) {
    intervals.back().end = later(intervals.back().end, end);
  } else if (start < end) {
    intervals.push_back({start, end});
  }
}

}  // namespace

std::vector<Interval> active_intervals(const Timeline& timeline) {
  std::vector<Interval> pieces;
  for (const std::vector<std::uint32_t>& queue : timeline.order) {
    for (const std::uint32_t i : queue) {
      join(pieces, timeline.spans[i].start, timeline.spans[i].end);
    }
  }
  for (const Transfer& transfer : timeline.transfers) {
    join(pieces, transfer.first_packet, transfer.complete);
  }
  std::sort(pieces.begin(), pieces.end(), [](const Interval& a, const Interval& b) {
    return a.start != b.start ? a.start < b.start : a.end < b.end;
  });
  std::vector<Interval> joined;
  for (const Interval& piece : pieces) join(joined, piece.start, piece.end);
  return joined;
}

}  // namespace trainyard
