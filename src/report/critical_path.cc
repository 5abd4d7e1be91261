// SPDX-License-Identifier: Apache-2.0
#include "report/critical_path.h"

#include <algorithm>
#include <map>
#include <utility>

namespace trainyard {
namespace {

// The instruction before each one in its queue.
std::vector<std::uint32_t> before_in_queue(const Timeline& timeline) {
  std::vector<std::uint32_t> before(timeline.spans.size(), kNoInstruction);
  for (const auto& queue : timeline.order) {
    for (std::size_t i = 1; i < queue.size(); ++i) before[queue[i]] = queue[i - 1];
  }
  return before;
}

}  // namespace

std::vector<PathStep> critical_chain(const RunResult& result) {
  const auto& spans = result.timeline.spans;
  if (spans.empty()) return {};
  const std::vector<std::uint32_t> before = before_in_queue(result.timeline);
  const auto last = std::max_element(spans.begin(), spans.end(),
                                     [](const Span& a, const Span& b) { return a.end < b.end; });
  std::vector<PathStep> chain;
  Time until = last->end;
  auto i = static_cast<std::uint32_t>(last - spans.begin());
  // A chain is never longer than the stream.
  for (std::size_t left = spans.size(); left > 0 && i != kNoInstruction; --left) {
    const Span& span = spans[i];
    chain.push_back({i, until});
    until = span.start;
    const bool waited = span.reason != WaitReason::none && span.waited_for != kNoInstruction;
    i = waited ? span.waited_for : before[i];
  }
  return chain;
}

std::vector<PathShare> critical_path(const RunResult& result) {
  std::map<std::pair<SourceId, Opcode>, PathShare> shares;
  for (const PathStep& step : critical_chain(result)) {
    const Recorded& recorded = result.program.stream[step.instruction];
    PathShare& share = shares[{recorded.where, recorded.opcode}];
    share.where = recorded.where;
    share.opcode = recorded.opcode;
    ++share.times;
    share.time += step.until - result.timeline.spans[step.instruction].start;
  }
  std::vector<PathShare> path;
  for (const auto& [key, share] : shares) path.push_back(share);
  std::stable_sort(path.begin(), path.end(),
                   [](const PathShare& a, const PathShare& b) { return b.time < a.time; });
  return path;
}

}  // namespace trainyard
