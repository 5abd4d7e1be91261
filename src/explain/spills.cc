// SPDX-License-Identifier: Apache-2.0
// Tensors that leave SBUF and come back: those that the compiler spills, and those that the kernel
// itself stores to HBM of its own and loads again.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "explain/finding.h"
#include "report/quantity.h"

namespace trainyard {
namespace {

constexpr const char* kRule =
    "worth a close look from 30 % of the traffic on (nki_perf_guide.rst, opt 2)";

std::string tensor_name(const TensorInfo& info) {
  return info.name.empty() ? "a tensor" : info.name;
}

std::int64_t moved(const Study::Core& core) {
  const Timeline& timeline = core.result.timeline;
  return timeline.hbm_read_bytes + timeline.hbm_write_bytes;
}

void find_compilers(const Study& study, std::vector<Finding>& findings) {
  PlaceList places;
  std::int64_t bytes = 0, tensors = 0, all = 0;
  for (std::size_t c = 0; c < study.cores.size(); ++c) {
    const Study::Core& core = study.cores[c];
    all += moved(core);
    for (const Spill& spill : core.result.timeline.placement.spills) {
      const TensorInfo& info = core.program.tensor(spill.tensor);
      places.add(c, core.program, info.where, tensor_name(info), Time{spill.bytes});
      bytes += spill.bytes;
      ++tensors;
    }
  }
  if (places.empty()) return;
  Finding finding;
  finding.kind = "spill";
  finding.found = fmt::format(
      "{} tensors do not fit in SBUF: {} spilled and loaded again, {} of the HBM traffic",
      count_text(tensors), quantity(static_cast<double>(bytes), "B"),
      percent(static_cast<double>(bytes) / static_cast<double>(std::max<std::int64_t>(1, all))));
  finding.remedy = "use smaller tiles, or fuse the loops so that fewer of them live at once";
  finding.rule = kRule;
  finding.places = places.sorted();
  finding.divisible = false;
  finding.what_if = [](std::size_t, const FoundPlace*) {
    WhatIf what_if;
    what_if.large_sbuf = true;
    return what_if;
  };
  findings.push_back(std::move(finding));
}

// Internal tensors of HBM that DMAs write from SBUF and read back to it.
std::vector<bool> round_trips(const Study::Core& core) {
  std::vector<std::uint8_t> uses(core.program.tensors.size(), 0);
  for (std::uint32_t i = 0; i < core.program.stream.size(); ++i) {
    bool from_chip = false, to_chip = false;
    for (const Access& access : core.accesses.of(i)) {
      if (access.is_register() || !on_chip(access.space)) continue;
      from_chip = from_chip || access.reads();
      to_chip = to_chip || access.writes();
    }
    for (const Access& access : core.accesses.of(i)) {
      if (access.is_register() || access.space != Space::hbm) continue;
      if (access.writes() && from_chip) uses[access.id] |= 1;
      if (access.reads() && to_chip) uses[access.id] |= 2;
    }
  }
  std::vector<bool> trips(uses.size());
  for (TensorId id = 0; id < uses.size(); ++id) {
    const TensorInfo& info = core.program.tensor(id);
    trips[id] = uses[id] == 3 && info.role == TensorRole::internal && !info.shared;
  }
  return trips;
}

void find_kernels(const Study& study, std::vector<Finding>& findings) {
  Instructions hits(study);
  std::int64_t bytes = 0;
  for (std::size_t c = 0; c < study.cores.size(); ++c) {
    const Study::Core& core = study.cores[c];
    const std::vector<bool> trips = round_trips(core);
    if (std::find(trips.begin(), trips.end(), true) == trips.end()) continue;
    for (std::uint32_t i = 0; i < core.program.stream.size(); ++i) {
      if (core.result.timeline.spans[i].transfer == kNoInstruction) continue;
      for (const Access& access : core.accesses.of(i)) {
        if (access.is_register() || access.space != Space::hbm || !trips[access.id]) continue;
        hits.add(c, i);
        bytes += access.view->bytes();
        break;
      }
    }
  }
  if (hits.empty()) return;
  Finding finding;
  finding.kind = "hbm_round_trip";
  finding.found = fmt::format("{} DMAs store {} to HBM of the kernel's own and load it again",
                              count_text(hits.count()), quantity(static_cast<double>(bytes), "B"));
  finding.remedy = "keep the tile in SBUF until its last use: fuse the loops";
  finding.rule = kRule;
  hits.leave_out(finding);
  findings.push_back(std::move(finding));
}

}  // namespace

std::vector<Finding> find_spills(const Study& study) {
  std::vector<Finding> findings;
  find_compilers(study, findings);
  find_kernels(study, findings);
  return findings;
}

}  // namespace trainyard
