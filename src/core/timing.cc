// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "core/event_core.h"
#include "core/timeline.h"
#include "program/accesses.h"

namespace trainyard {
namespace {

Placement place_of(const Program& program, const AccessTable& accesses, const Machine& machine,
                   const PassSet& passes, const WhatIf& what_if) {
  if (!what_if.large_sbuf) return place(program, accesses, machine, passes);
  Machine larger = machine;
  for (const TensorInfo& info : program.tensors) {
    if (info.space == Space::sbuf) larger.sbuf.partition_size_bytes += info.partition_bytes;
  }
  return place(program, accesses, larger, passes);
}

// All but the placement, which must be there.
void plan(const Program& program, const AccessTable& accesses, const Placement& placement,
          const Machine& machine, const PassSet& passes, const WhatIf& what_if, CoreWork& core) {
  core.instructions = program.stream.size();
  core.meetings = program.meetings;
  core.work = make_work(program, accesses, placement, machine, passes, what_if);
  core.dependencies = find_dependencies(program, accesses, placement, core.work, what_if);
  core.schedule = schedule(program, core.work, core.dependencies, machine, passes);
}

}  // namespace

std::vector<Timeline> time_together(std::span<const Program* const> programs,
                                    const Machine& machine, const TimingOptions& options) {
  std::vector<Timeline> timelines(programs.size());
  std::vector<CoreWork> cores(programs.size());
  const auto cores_of_a_stack = static_cast<std::size_t>(std::max<std::int64_t>(
      1, machine.chip.cores / std::max<std::int64_t>(1, machine.hbm.stacks)));
  const WhatIf as_it_is;
  for (std::size_t i = 0; i < programs.size(); ++i) {
    const Program& program = *programs[i];
    if (program.stream.size() >= Edge::kNodesMax) {
      throw Fault(FaultKind::limit, "a Program has too many instructions to be timed",
                  "split the kernel");
    }
    const WhatIf& what_if = options.what_if.empty() ? as_it_is : options.what_if[i];
    const AccessTable accesses(program);
    timelines[i].placement = place_of(program, accesses, machine, options.passes, what_if);
    plan(program, accesses, timelines[i].placement, machine, options.passes, what_if, cores[i]);
    cores[i].stack = i / cores_of_a_stack;
  }
  run_events(cores, machine, options.passes, timelines);
  return timelines;
}

Timeline time_program(const Program& program, const Machine& machine,
                      const TimingOptions& options) {
  const Program* const one[] = {&program};
  return std::move(time_together(one, machine, options).front());
}

}  // namespace trainyard
