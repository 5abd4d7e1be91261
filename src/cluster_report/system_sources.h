// SPDX-License-Identifier: Apache-2.0
// What a report rests on: the file as its user wrote it, and each number of the system with its
// origin.
#pragma once

#include <string>

#include "cluster_report/markup.h"
#include "fabric/system.h"

namespace trainyard {

void write_scenario_file(Markup& page, const std::string& text);
void write_system_sources(Markup& page, const System& system);

}  // namespace trainyard
