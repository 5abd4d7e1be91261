// SPDX-License-Identifier: Apache-2.0
#include "explain/finding.h"

#include <algorithm>
#include <memory>

#include "report/names.h"

namespace trainyard {

Study::Study(const LogicalRun& run) : machine(run.cores.front().machine) {
  for (const RunResult& core : run.cores) {
    cores.push_back({core, core.program, AccessTable(core.program)});
  }
}

Cost Study::Core::cost(std::uint32_t i) const {
  const Recorded& recorded = program.stream[i];
  return entry(recorded.opcode).cost(recorded.operands, result.machine, recorded.engine);
}

void PlaceList::add(std::size_t core, const Program& program, SourceId where,
                    std::string_view subject, Time weight) {
  FoundPlace& place = places_[{core, where}];
  if (place.times == 0) {
    place.at = program.sources.place(where);
    place.subject = subject;
  }
  ++place.times;
  place.weight += weight;
}

std::vector<FoundPlace> PlaceList::sorted() const {
  std::map<std::pair<std::string, int>, FoundPlace> together;
  for (const auto& [key, place] : places_) {
    FoundPlace& all = together[{place.at.file, place.at.line}];
    if (all.times == 0) {
      all = place;
    } else {
      all.times += place.times;
      all.weight += place.weight;
    }
  }
  std::vector<FoundPlace> list;
  for (const auto& [key, place] : together) list.push_back(place);
  std::stable_sort(list.begin(), list.end(),
                   [](const FoundPlace& a, const FoundPlace& b) { return b.weight < a.weight; });
  return list;
}

bool is_at(const Program& program, SourceId where, const FoundPlace* only) {
  if (only == nullptr) return true;
  const SourcePlace& at = program.sources.place(where);
  return at.line == only->at.line && at.file == only->at.file;
}

void Instructions::add(std::size_t core, std::uint32_t i) {
  const Study::Core& of = study_.cores[core];
  if (hits_[core].empty()) hits_[core].resize(of.program.stream.size());
  hits_[core][i] = true;
  const Span& span = of.result.timeline.spans[i];
  Time weight = span.busy_end - span.start;
  if (span.transfer != kNoInstruction) {
    const Transfer& transfer = of.result.timeline.transfers[span.transfer];
    weight = Time{transfer.engine_busy.ps / std::max<std::int64_t>(1, study_.machine.dma.engines)};
  }
  const Recorded& recorded = of.program.stream[i];
  places_.add(core, of.program, recorded.where, instruction_name(recorded), weight);
  ++count_;
  busy_ += weight;
}

void Instructions::fill(Finding& finding, Mend mend) const {
  finding.places = places_.sorted();
  const auto hits = std::make_shared<std::vector<std::vector<bool>>>(hits_);
  finding.what_if = [&study = study_, hits, mend = std::move(mend)](std::size_t core,
                                                                    const FoundPlace* only) {
    const Program& program = study.cores[core].program;
    WhatIf what_if;
    what_if.change = [=, &program](std::uint32_t i, Cost& cost) {
      const std::vector<bool>& hit = (*hits)[core];
      if (i < hit.size() && hit[i] && is_at(program, program.stream[i].where, only)) {
        mend(core, i, cost);
      }
    };
    return what_if;
  };
}

void Instructions::leave_out(Finding& finding) const {
  finding.places = places_.sorted();
  finding.divisible = false;
  finding.what_if = [hits = hits_](std::size_t core, const FoundPlace*) {
    WhatIf what_if;
    what_if.left_out = hits[core];
    return what_if;
  };
}

}  // namespace trainyard
