// SPDX-License-Identifier: Apache-2.0
#include "report/totals.h"

#include <algorithm>
#include <map>
#include <utility>

namespace trainyard {

void Total::add(const RunResult& result, std::uint32_t i) {
  const Span& span = result.timeline.spans[i];
  ++instructions;
  busy += span.busy_end - span.start;
  if (span.reason != WaitReason::none) waited += span.start - span.queued;
  if (span.transfer != kNoInstruction) {
    const Transfer& transfer = result.timeline.transfers[span.transfer];
    transferring += transfer.last_packet - transfer.first_packet;
  }
  fj += result.energy.instruction_fj[i];
}

Totals totals_of(const RunResult& result) {
  std::map<Opcode, Total> kinds;
  std::map<SourceId, Total> lines;
  std::map<std::pair<SourceId, WaitReason>, Stall> stalls;
  Totals totals;
  const auto& spans = result.timeline.spans;
  for (std::uint32_t i = 0; i < spans.size(); ++i) {
    const Recorded& recorded = result.program.stream[i];
    totals.engines[static_cast<std::size_t>(spans[i].engine)].add(result, i);
    kinds[recorded.opcode].add(result, i);
    lines[recorded.where].add(result, i);
    if (spans[i].reason == WaitReason::none) continue;
    Stall& stall = stalls[{recorded.where, spans[i].reason}];
    stall.where = recorded.where;
    stall.reason = spans[i].reason;
    ++stall.times;
    stall.waited += spans[i].start - spans[i].queued;
    const auto waited = [&](std::uint32_t n) { return spans[n].start - spans[n].queued; };
    if (stall.longest == kNoInstruction || waited(stall.longest) < waited(i)) stall.longest = i;
  }
  for (const auto& [opcode, total] : kinds) totals.kinds.push_back({opcode, total});
  for (const auto& [where, total] : lines) totals.lines.push_back({where, total});
  for (const auto& [key, stall] : stalls) totals.stalls.push_back(stall);
  std::stable_sort(totals.stalls.begin(), totals.stalls.end(),
                   [](const Stall& a, const Stall& b) { return b.waited < a.waited; });
  return totals;
}

}  // namespace trainyard
