// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "core/event_core.h"
#include "core/timeline.h"
#include "program/accesses.h"

namespace trainyard {

std::vector<Timeline> time_together(std::span<const Program* const> programs,
                                    const Machine& machine) {
  std::vector<Timeline> timelines(programs.size());
  std::vector<CoreWork> cores(programs.size());
  const auto cores_of_a_stack = static_cast<std::size_t>(std::max<std::int64_t>(
      1, machine.chip.cores / std::max<std::int64_t>(1, machine.hbm.stacks)));
  for (std::size_t i = 0; i < programs.size(); ++i) {
    const Program& program = *programs[i];
    if (program.stream.size() >= Edge::kNodesMax) {
      throw Fault(FaultKind::limit, "a Program has too many instructions to be timed",
                  "split the kernel");
    }
    const AccessTable accesses(program);
    timelines[i].placement = place(program, accesses, machine);
    CoreWork& core = cores[i];
    core.instructions = program.stream.size();
    core.meetings = program.meetings;
    core.stack = i / cores_of_a_stack;
    core.work = make_work(program, accesses, timelines[i].placement, machine);
    core.dependencies = find_dependencies(program, accesses, timelines[i].placement, core.work);
    core.schedule = schedule(core.work, core.dependencies, machine);
  }
  run_events(cores, machine, timelines);
  return timelines;
}

Timeline time_program(const Program& program, const Machine& machine) {
  const Program* const one[] = {&program};
  return std::move(time_together(one, machine).front());
}

}  // namespace trainyard
