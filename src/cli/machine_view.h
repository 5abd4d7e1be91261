// SPDX-License-Identifier: Apache-2.0
// Machines as text and as JSON. JSON keys carry the unit that the value is in ("clock_hz"),
// whatever the file is written in; text shows the file's own units.
//
//   trn2 -> trn3                           trn2     trn3    B/A
//   chip, HBM             TB/s             2.87      4.9  1.707
#pragma once

#include <string>
#include <vector>

#include "machine/machine.h"

namespace trainyard {

std::string list_text(const std::vector<Machine>& machines);
std::string list_json(const std::vector<Machine>& machines);

std::string show_text(const Machine& machine, bool with_sources);
std::string show_json(const Machine& machine);

// Rows that differ; how many are equal is said at the end. JSON has all rows.
std::string compare_text(const Machine& a, const Machine& b);
std::string compare_json(const Machine& a, const Machine& b);

}  // namespace trainyard
