// SPDX-License-Identifier: Apache-2.0
// Transposes, which compute nothing: on an engine, with the copies that carry their results out of
// PSUM, and in DMAs.
#include <algorithm>

#include <fmt/format.h>

#include "explain/finding.h"
#include "report/names.h"
#include "report/quantity.h"

namespace trainyard {
namespace {

bool is_transpose(const Study::Core& core, std::uint32_t i) {
  const Recorded& recorded = core.program.stream[i];
  const std::string_view name = instruction_name(recorded);
  if (name == "nc_transpose") return true;
  return recorded.engine == Engine::tensor && core.cost(i).only_moves;
}

// PSUM tensors that nothing but transposes write.
std::vector<bool> transposed_psum(const Study::Core& core, const std::vector<bool>& transposes) {
  std::vector<std::uint8_t> writers(core.program.tensors.size(), 0);
  for (std::uint32_t i = 0; i < core.program.stream.size(); ++i) {
    for (const Access& access : core.accesses.of(i)) {
      if (access.is_register() || access.space != Space::psum || !access.writes()) continue;
      writers[access.id] |= transposes[i] ? 1 : 2;
    }
  }
  std::vector<bool> only(writers.size());
  for (std::size_t id = 0; id < writers.size(); ++id) only[id] = writers[id] == 1;
  return only;
}

bool copies_from(const Study::Core& core, std::uint32_t i, const std::vector<bool>& tensors) {
  if (instruction_name(core.program.stream[i]) != "tensor_copy") return false;
  for (const Access& access : core.accesses.of(i)) {
    if (!access.is_register() && access.reads() && tensors[access.id]) return true;
  }
  return false;
}

void find_on_engines(const Study& study, std::vector<Finding>& findings) {
  Instructions hits(study), copies(study);
  for (std::size_t c = 0; c < study.cores.size(); ++c) {
    const Study::Core& core = study.cores[c];
    const auto size = static_cast<std::uint32_t>(core.program.stream.size());
    std::vector<bool> transposes(size);
    for (std::uint32_t i = 0; i < size; ++i) {
      transposes[i] = is_transpose(core, i);
      if (transposes[i]) hits.add(c, i);
    }
    if (hits.empty()) continue;
    const std::vector<bool> psum = transposed_psum(core, transposes);
    for (std::uint32_t i = 0; i < size; ++i) {
      if (copies_from(core, i, psum)) copies.add(c, i);
    }
  }
  if (hits.empty()) return;
  Time tensor;
  for (const Study::Core& core : study.cores) {
    tensor += core.result.timeline.busy[static_cast<std::size_t>(Engine::tensor)];
  }
  Finding finding;
  finding.kind = "transpose";
  finding.found = fmt::format(
      "{} transposes take {} ({} of what TensorE does), {} copies of their results {}",
      count_text(hits.count()), time_text(hits.busy()),
      percent(tensor.ps == 0 ? 0.0 : std::min(1.0, hits.busy().seconds() / tensor.seconds())),
      count_text(copies.count()), time_text(copies.busy()));
  finding.remedy =
      "keep the tensor in HBM in the layout that the product needs, swap the stationary and the "
      "moving operand, or transpose while another engine is the busy one";
  finding.rule = "transposes should be a small part of TensorE's time (nki_perf_guide.rst, opt 8)";
  hits.leave_out(finding);
  Finding copying;
  copies.leave_out(copying);
  finding.what_if = [turn = finding.what_if, copy = copying.what_if](std::size_t core,
                                                                     const FoundPlace*) {
    WhatIf what_if = turn(core, nullptr);
    const std::vector<bool> also = copy(core, nullptr).left_out;
    for (std::size_t i = 0; i < also.size(); ++i) {
      if (also[i]) what_if.left_out[i] = true;
    }
    return what_if;
  };
  findings.push_back(std::move(finding));
}

void find_in_dmas(const Study& study, std::vector<Finding>& findings) {
  Instructions hits(study);
  std::int64_t bytes = 0;
  for (std::size_t c = 0; c < study.cores.size(); ++c) {
    const Study::Core& core = study.cores[c];
    for (std::uint32_t i = 0; i < core.program.stream.size(); ++i) {
      if (core.result.timeline.spans[i].transfer == kNoInstruction) continue;
      const Cost cost = core.cost(i);
      if (!cost.dma.transpose) continue;
      hits.add(c, i);
      bytes += cost.dma.payload_bytes;
    }
  }
  if (hits.empty()) return;
  Finding finding;
  finding.kind = "dma_transpose";
  finding.found =
      fmt::format("{} DMAs transpose {} on their way, {} of DMA time", count_text(hits.count()),
                  quantity(static_cast<double>(bytes), "B"), time_text(hits.busy()));
  finding.remedy =
      "keep the tensor in HBM in the layout that is needed, or load it as it lies and use "
      "nc_transpose on TensorE";
  finding.rule =
      "a DMA that transposes has much less bandwidth: not in a memory-bound kernel "
      "(nki_perf_guide.rst, opt 10)";
  hits.fill(finding, [&study](std::size_t c, std::uint32_t i, Cost& cost) {
    std::int64_t partitions = 1;
    for (const Access& access : study.cores[c].accesses.of(i)) {
      if (access.is_register() || !on_chip(access.space)) continue;
      partitions = std::max<std::int64_t>(partitions, access.view->partitions());
    }
    cost.dma.transpose = cost.dma.element_wise = false;
    cost.dma.descriptors = partitions;
    cost.dma.run_bytes = std::max<std::int64_t>(1, cost.dma.payload_bytes / partitions);
  });
  findings.push_back(std::move(finding));
}

}  // namespace

std::vector<Finding> find_transposes(const Study& study) {
  std::vector<Finding> findings;
  find_on_engines(study, findings);
  find_in_dmas(study, findings);
  return findings;
}

}  // namespace trainyard
