// SPDX-License-Identifier: Apache-2.0
// The event-driven core: every engine works off its queue in order, an instruction starts when
// what it waits for has retired, DMAs meet in the DMA engines in order of time.
#pragma once

#include <span>

#include "core/timeline.h"
#include "program/dependencies.h"
#include "program/passes.h"
#include "program/program.h"
#include "program/schedule.h"
#include "program/work.h"

namespace trainyard {

struct CoreWork {
  WorkList work;
  Dependencies dependencies;
  Schedule schedule;
  std::span<const Meeting> meetings;
  std::size_t instructions = 0;
  std::size_t stack = 0;  // of HBM, that its tensors lie in
};

// One core, or the cores of a logical one together. Fills all of the `timelines` but their
// placements, which must be there.
void run_events(std::span<const CoreWork> cores, const Machine& machine, const PassSet& passes,
                std::span<Timeline> timelines);

}  // namespace trainyard
