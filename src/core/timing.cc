// SPDX-License-Identifier: Apache-2.0
#include "core/event_core.h"
#include "core/timeline.h"
#include "program/accesses.h"

namespace trainyard {

Timeline time_program(const Program& program, const Machine& machine) {
  if (program.stream.size() >= Edge::kNodesMax) {
    throw Fault(FaultKind::limit, "a Program has too many instructions to be timed",
                "split the kernel");
  }
  const AccessTable accesses(program);
  Timeline timeline;
  timeline.placement = place(program, accesses, machine);
  const WorkList work = make_work(program, accesses, timeline.placement, machine);
  const Dependencies dependencies = find_dependencies(program, accesses, timeline.placement, work);
  const Schedule order = schedule(work, dependencies, machine);
  run_events(work, dependencies, order, machine, program.stream.size(), timeline);
  return timeline;
}

}  // namespace trainyard
