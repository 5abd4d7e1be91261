// SPDX-License-Identifier: Apache-2.0
#include "report/memory_use.h"

#include <algorithm>

namespace trainyard {

std::vector<MemoryStep> memory_use(const RunResult& result, Space space) {
  std::vector<MemoryStep> changes;
  const auto& spans = result.timeline.spans;
  for (TensorId id = 0; id < result.program.tensors.size(); ++id) {
    const TensorInfo& info = result.program.tensor(id);
    const Placed& placed = result.timeline.placement.tensors[id];
    if (info.space != space || !placed.used) continue;
    const std::int64_t bytes = info.partitions * info.partition_bytes;
    changes.push_back({spans[placed.first_use].start, bytes});
    changes.push_back({spans[placed.last_use].end, -bytes});
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const MemoryStep& a, const MemoryStep& b) { return a.at < b.at; });
  std::vector<MemoryStep> steps;
  std::int64_t bytes = 0;
  for (const MemoryStep& change : changes) {
    bytes += change.bytes;
    if (!steps.empty() && steps.back().at == change.at) {
      steps.back().bytes = bytes;
    } else {
      steps.push_back({change.at, bytes});
    }
  }
  return steps;
}

}  // namespace trainyard
