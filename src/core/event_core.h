// SPDX-License-Identifier: Apache-2.0
// The event-driven core: every engine works off its queue in order, an instruction starts when
// what it waits for has retired, DMAs meet in the DMA engines in order of time.
#pragma once

#include "core/timeline.h"
#include "program/dependencies.h"
#include "program/schedule.h"
#include "program/work.h"

namespace trainyard {

// Fills all of `timeline` but its placement, which must be there.
void run_events(const WorkList& work, const Dependencies& dependencies, const Schedule& schedule,
                const Machine& machine, std::size_t instructions, Timeline& timeline);

}  // namespace trainyard
