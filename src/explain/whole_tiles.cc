// SPDX-License-Identifier: Apache-2.0
// A chain of engines that each work on a whole large tile while the next one waits: in slices they
// would form a pipeline.
#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "explain/finding.h"
#include "explain/slices.h"
#include "report/critical_path.h"
#include "report/names.h"

namespace trainyard {
namespace {

constexpr std::int32_t kLeastColumns = 512;  // of a slice: 2 KiB of float32 for its DMA

// Instructions of the critical path that waited for another engine's, and those they waited for.
std::vector<bool> chained(const Study::Core& core) {
  const auto& spans = core.result.timeline.spans;
  std::set<SourceId> lines;
  for (const PathStep& step : critical_chain(core.result)) {
    const Span& span = spans[step.instruction];
    if (span.reason != WaitReason::operand || span.waited_for == kNoInstruction) continue;
    lines.insert(core.program.stream[step.instruction].where);
    lines.insert(core.program.stream[span.waited_for].where);
  }
  std::vector<bool> hits(spans.size());
  for (std::uint32_t i = 0; i < hits.size(); ++i) {
    const Recorded& recorded = core.program.stream[i];
    if (lines.count(recorded.where) == 0) continue;
    const std::int32_t columns = sliceable_columns(recorded);
    hits[i] = columns >= 2 * kLeastColumns && columns % kLeastColumns == 0;
  }
  return hits;
}

}  // namespace

std::vector<Finding> find_whole_tiles(const Study& study) {
  Instructions hits(study);
  std::int32_t widest = 0, narrowest = 0;
  std::vector<std::vector<bool>> which;
  for (std::size_t c = 0; c < study.cores.size(); ++c) {
    const Study::Core& core = study.cores[c];
    which.push_back(chained(core));
    for (std::uint32_t i = 0; i < which[c].size(); ++i) {
      if (!which[c][i]) continue;
      const std::int32_t columns = sliceable_columns(core.program.stream[i]);
      widest = std::max(widest, columns);
      narrowest = narrowest == 0 ? columns : std::min(narrowest, columns);
      hits.add(c, i);
    }
  }
  if (hits.empty()) return {};
  std::vector<Finding> findings;
  for (std::int32_t slices = 2; slices <= 8 && narrowest / slices >= kLeastColumns; slices *= 2) {
    if (narrowest % slices != 0 || widest % slices != 0) break;
    Finding finding;
    hits.fill(finding, nullptr);
    finding.kind = "whole_tile";
    finding.found = fmt::format(
        "engines wait for one another's whole tiles of up to {} columns; in {} slices of each tile "
        "they would overlap",
        widest, slices);
    finding.remedy = "loop over slices of the tile, so that the next engine starts after the first";
    finding.rule =
        "slice the computation so that the engines form a pipeline (nki_perf_guide.rst, opt 3)";
    finding.divisible = false;
    finding.what_if = nullptr;
    finding.rewrite = [which, slices, &study](std::size_t c) {
      return sliced(study.cores[c].program, which[c], slices);
    };
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace trainyard
