// SPDX-License-Identifier: Apache-2.0
// The instruction table as text: one entry for the terminal, all of them as the Markdown of
// docs/instructions.md.
#pragma once

#include <string>
#include <vector>

#include "isa/table.h"

namespace trainyard {

// `machines`: one of each generation, ascending; they decide which engines are named.
std::string instruction_text(const Entry& entry, const std::vector<Machine>& machines);
// A line an instruction.
std::string instruction_list_text();
std::string instructions_markdown(const std::vector<Machine>& machines);

}  // namespace trainyard
