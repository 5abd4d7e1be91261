// SPDX-License-Identifier: Apache-2.0
// Engines that take turns though the data would let them work side by side: one buffer for all
// turns of a loop, an order that the kernel asks for, and a memory too full for another buffer.
#include <algorithm>

#include <fmt/format.h>

#include "explain/finding.h"
#include "program/live_bytes.h"
#include "report/names.h"
#include "report/quantity.h"

namespace trainyard {
namespace {

constexpr const char* kRule =
    "engines should work at the same time, each on another tile (nki_perf_guide.rst, opts 3 and 4)";

// Tensors on chip that `i` writes while `before`, which it waited for, still used them.
template <class Use>
void for_rewritten(const Study::Core& core, std::uint32_t i, std::uint32_t before, Use use) {
  for (const Access& mine : core.accesses.of(i)) {
    if (mine.is_register() || !mine.writes() || !on_chip(mine.space)) continue;
    const auto theirs = core.accesses.of(before);
    const bool same = std::any_of(theirs.begin(), theirs.end(), [&](const Access& other) {
      return !other.is_register() && other.id == mine.id;
    });
    // At an address of the kernel's, tensors are buffers by hand.
    if (same || core.program.tensor(mine.id).has_address()) use(mine.id);
  }
}

// Whether memory could hold a tensor twice while it lives.
class Room {
 public:
  explicit Room(const Study::Core& core)
      : core_(core),
        sbuf_(static_cast<std::uint32_t>(core.program.stream.size())),
        psum_(static_cast<std::uint32_t>(core.program.stream.size())) {
    for (TensorId id = 0; id < core.program.tensors.size(); ++id) {
      const TensorInfo& info = core.program.tensor(id);
      const Placed& placed = core.result.timeline.placement.tensors[id];
      if (!on_chip(info.space) || !placed.used) continue;
      of(info.space).add(placed.first_use, placed.last_use + 1, info.partition_bytes);
    }
  }

  bool has_for(TensorId id) {
    const TensorInfo& info = core_.program.tensor(id);
    const Placed& placed = core_.result.timeline.placement.tensors[id];
    const Machine& machine = core_.result.machine;
    return of(info.space).most(placed.first_use, placed.last_use + 1) + info.partition_bytes <=
           (info.space == Space::sbuf ? machine.sbuf.allocatable_bytes()
                                      : machine.psum.partition_size_bytes());
  }

 private:
  LiveBytes& of(Space space) { return space == Space::sbuf ? sbuf_ : psum_; }

  const Study::Core& core_;
  LiveBytes sbuf_, psum_;
};

bool waited_for_reuse(const Span& span) {
  return span.reason == WaitReason::reuse && span.waited_for != kNoInstruction;
}

// Tensors that hold a new tile in each turn of a loop, by how often: written anew after they were
// read. In PSUM the first product of a sum counts as such.
std::vector<std::int64_t> rewrites(const Study::Core& core) {
  std::vector<std::int64_t> times(core.program.tensors.size(), 0);
  std::vector<bool> read(times.size());
  for (std::uint32_t i = 0; i < core.program.stream.size(); ++i) {
    const bool sums = core.program.stream[i].engine == Engine::tensor;
    const auto accesses = core.accesses.of(i);
    for (const Access& access : accesses) {
      if (access.is_register() || !on_chip(access.space) || !access.writes()) continue;
      const bool keeps = std::any_of(accesses.begin(), accesses.end(), [&](const Access& other) {
        return !other.is_register() && other.id == access.id && other.reads();
      });
      if (read[access.id] && (!keeps || (sums && access.space == Space::psum))) ++times[access.id];
      read[access.id] = false;
    }
    for (const Access& access : accesses) {
      if (access.is_register() || !access.reads() || access.writes()) continue;
      read[access.id] = true;
    }
  }
  return times;
}

void find_single_buffers(const Study& study, std::vector<Finding>& findings) {
  std::vector<std::vector<bool>> own;
  PlaceList places;
  std::int64_t most = 0;
  for (std::size_t c = 0; c < study.cores.size(); ++c) {
    const Study::Core& core = study.cores[c];
    std::vector<std::int64_t> times = rewrites(core);
    const auto& spans = core.result.timeline.spans;
    for (std::uint32_t i = 0; i < spans.size(); ++i) {
      if (!waited_for_reuse(spans[i])) continue;
      for_rewritten(core, i, spans[i].waited_for,
                    [&](TensorId id) { times[id] = std::max<std::int64_t>(times[id], 1); });
    }
    std::vector<bool>& set = own.emplace_back(times.size());
    Room room(core);
    for (TensorId id = 0; id < times.size(); ++id) {
      if (times[id] == 0 || !room.has_for(id)) continue;
      const TensorInfo& info = core.program.tensor(id);
      set[id] = true;
      most = std::max(most, times[id]);
      places.add(c, core.program, info.where, info.name.empty() ? "a tensor" : info.name,
                 Time{times[id] * info.partition_bytes});
    }
  }
  if (places.empty()) return;
  Finding finding;
  finding.kind = "serialised";
  finding.places = places.sorted();
  finding.found = fmt::format(
      "tensors of {} line{} get new contents up to {} times, and the next turn waits until the "
      "last "
      "one has used them",
      finding.places.size(), finding.places.size() == 1 ? "" : "s", count_text(most));
  finding.remedy = "declare the tile inside the loop, so that each turn has bytes of its own";
  finding.rule = kRule;
  finding.what_if = [own, &study](std::size_t c, const FoundPlace* only) {
    WhatIf what_if;
    what_if.own_bytes = own[c];
    const Program& program = study.cores[c].program;
    for (TensorId id = 0; id < own[c].size(); ++id) {
      if (!is_at(program, program.tensor(id).where, only)) what_if.own_bytes[id] = false;
    }
    return what_if;
  };
  findings.push_back(std::move(finding));
}

// Tiles that wait for bytes that tensors of another name hold: SBUF is too full to go round.
void find_full_sbuf(const Study& study, std::vector<Finding>& findings) {
  PlaceList places;
  Time waited;
  for (std::size_t c = 0; c < study.cores.size(); ++c) {
    const Study::Core& core = study.cores[c];
    if (!core.result.timeline.placement.spills.empty()) return;
    const auto& spans = core.result.timeline.spans;
    for (std::uint32_t i = 0; i < spans.size(); ++i) {
      if (!waited_for_reuse(spans[i])) continue;
      bool rewrites = false;
      for_rewritten(core, i, spans[i].waited_for, [&](TensorId) { rewrites = true; });
      if (rewrites) continue;
      const Recorded& recorded = core.program.stream[i];
      const Time wait = spans[i].start - spans[i].queued;
      places.add(c, core.program, recorded.where, instruction_name(recorded), wait);
      waited += wait;
    }
  }
  if (places.empty()) return;
  Finding finding;
  finding.kind = "full_sbuf";
  finding.found =
      fmt::format("engines wait {} in all for bytes that other tiles hold", time_text(waited));
  finding.remedy =
      "use smaller tiles, or let fewer live at once: SBUF has no room to double its buffers";
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

void find_fixed_order(const Study& study, std::vector<Finding>& findings) {
  Instructions fixed(study);
  for (std::size_t c = 0; c < study.cores.size(); ++c) {
    const Program& program = study.cores[c].program;
    for (std::uint32_t i = 0; i < program.stream.size(); ++i) {
      if (program.stream[i].fixed_order) fixed.add(c, i);
    }
    for (const auto& [consumer, producer] : program.depends) fixed.add(c, consumer);
  }
  if (fixed.empty()) return;
  Finding finding;
  fixed.fill(finding, nullptr);
  finding.kind = "fixed_order";
  finding.found =
      fmt::format("the kernel fixes the order of {} instructions", count_text(fixed.count()));
  finding.remedy = "leave out no_reorder and schedule where the data already give an order";
  finding.rule = kRule;
  finding.divisible = false;
  finding.what_if = [](std::size_t, const FoundPlace*) {
    WhatIf what_if;
    what_if.any_order = true;
    return what_if;
  };
  findings.push_back(std::move(finding));
}

}  // namespace

std::vector<Finding> find_serialised(const Study& study) {
  std::vector<Finding> findings;
  find_single_buffers(study, findings);
  find_fixed_order(study, findings);
  find_full_sbuf(study, findings);
  return findings;
}

}  // namespace trainyard
