// SPDX-License-Identifier: Apache-2.0
// DMAs with little in each descriptor: the fixed part of a packet, and of a dma_copy, then takes
// longer than the bytes.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "explain/finding.h"
#include "report/quantity.h"

namespace trainyard {
namespace {

// nki-dma-bandwidth-guide.rst: the least recommended, and what fills the engines.
constexpr std::int64_t kLeast = 2048, kFull = 4096;

// Bytes of one row on chip, or of the whole where both sides lie in HBM: what one descriptor
// could hold if the other side lay as well.
std::int64_t row_bytes(const Study::Core& core, std::uint32_t i, const Cost& cost) {
  std::int64_t row = cost.dma.payload_bytes;
  for (const Access& access : core.accesses.of(i)) {
    if (access.is_register() || !on_chip(access.space)) continue;
    row = std::min(row, access.view->elements_per_partition() *
                            static_cast<std::int64_t>(dtype_bytes(access.view->dtype)));
  }
  return row;
}

}  // namespace

std::vector<Finding> find_small_dmas(const Study& study) {
  struct OfCore {
    std::map<std::uint32_t, std::int64_t> row;  // by stream index
    std::map<SourceId, std::int64_t> on_line;   // how many DMAs
  };
  const auto small = std::make_shared<std::vector<OfCore>>(study.cores.size());
  Instructions hits(study);
  std::int64_t bytes = 0, descriptors = 0, least = kLeast, longest = 0;
  for (std::size_t c = 0; c < study.cores.size(); ++c) {
    const Study::Core& core = study.cores[c];
    for (std::uint32_t i = 0; i < core.program.stream.size(); ++i) {
      const Span& span = core.result.timeline.spans[i];
      if (span.transfer == kNoInstruction) continue;
      const Cost cost = core.cost(i);
      if (!cost.is_dma || cost.dma.transpose || cost.dma.run_bytes <= 0) continue;
      if (cost.dma.run_bytes >= kLeast) continue;
      (*small)[c].row[i] = row_bytes(core, i, cost);
      ++(*small)[c].on_line[core.program.stream[i].where];
      hits.add(c, i);
      bytes += cost.dma.payload_bytes;
      descriptors += cost.dma.descriptors;
      least = std::min(least, cost.dma.run_bytes);
      longest = std::max(longest, cost.dma.run_bytes);
    }
  }
  if (hits.empty()) return {};
  Finding finding;
  finding.kind = "small_dma";
  finding.found =
      fmt::format("{} DMAs move {} in descriptors of {} B{}", count_text(hits.count()),
                  quantity(static_cast<double>(bytes), "B"), least,
                  longest > least ? fmt::format(" to {} B ({} on average)", longest,
                                                bytes / std::max<std::int64_t>(1, descriptors))
                                  : "");
  finding.remedy =
      "move wider rows with each dma_copy: larger tiles, several tiles at once, or rows that are "
      "contiguous in HBM";
  finding.rule =
      "512 B a descriptor to be efficient, 2 KiB the least recommended, 4 KiB fills the engines "
      "(nki-dma-bandwidth-guide.rst; trainium2_arch.rst)";
  hits.fill(finding, [small, &study](std::size_t c, std::uint32_t i, Cost& cost) {
    const OfCore& of = (*small)[c];
    const SourceId where = study.cores[c].program.stream[i].where;
    // Wider rows in this DMA, and as many DMAs of its line in one as it takes to fill a row.
    const std::int64_t within = std::max(cost.dma.run_bytes, std::min(of.row.at(i), kFull));
    const std::int64_t merged = std::clamp<std::int64_t>(kFull / within, 1, of.on_line.at(where));
    cost.dma.run_bytes = within * merged;
    cost.dma.element_wise = false;
    cost.dma.descriptors =
        std::max<std::int64_t>(1, std::llround(static_cast<double>(cost.dma.payload_bytes) /
                                               static_cast<double>(cost.dma.run_bytes)));
    cost.dma.run_bytes = cost.dma.payload_bytes / cost.dma.descriptors;
    cost.occupancy = Time{cost.occupancy.ps / merged};
  });
  return {finding};
}

}  // namespace trainyard
