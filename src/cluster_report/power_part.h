// SPDX-License-Identifier: Apache-2.0
// Where the watts go, of a step or of a run.
#pragma once

#include <string>

#include "cluster/step.h"
#include "cluster_report/markup.h"

namespace trainyard {

// Energies of the model are right within this share (docs/energy.md).
inline constexpr double kEnergyBand = 0.3;

// The mean over so many seconds; `whole`: "of a step".
void write_power(Markup& page, const StepEnergy& energy, double seconds, const std::string& whole);

}  // namespace trainyard
