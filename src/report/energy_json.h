// SPDX-License-Identifier: Apache-2.0
// The `energy` object of a run's JSON (docs/json.md): joules, watts over time, the chip and the
// UltraServer around it, the error of all of it and what it rests on.
#pragma once

#include "base/json_writer.h"
#include "energy/energy_report.h"
#include "energy/system_power.h"

namespace trainyard {

// As the value of the key "energy" of an object that is open.
void write_energy(const EnergyReport& energy, const Machine& machine, JsonWriter& json);

// `null` where there is none.
void write_ultraserver(const std::optional<UltraServerPower>& power, JsonWriter& json);

}  // namespace trainyard
