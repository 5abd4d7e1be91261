// SPDX-License-Identifier: Apache-2.0
// How far steps of a run differ from each other when every chip has good and bad steps: a step
// waits for the worst of its chips.
#pragma once

#include <cstdint>

namespace trainyard {

// The time that a share `probability` of steps stays below, over their median; `cv`: deviation over
// mean of one chip's time from step to step, lognormal, each chip by itself. 0 < probability < 1.
double step_quantile_over_median(double cv, std::int64_t chips, double probability);

}  // namespace trainyard
