// SPDX-License-Identifier: Apache-2.0
#include "isa/table.h"

#include <algorithm>

#include "isa/instructions/all.h"

namespace trainyard {

const std::vector<Entry>& instruction_table() {
  static const std::vector<Entry> table = [] {
    std::vector<Entry> entries;
#define TRAINYARD_ADD_ENTRY(I) entries.push_back(make_entry<I>());
    TRAINYARD_INSTRUCTIONS(TRAINYARD_ADD_ENTRY)
#undef TRAINYARD_ADD_ENTRY
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.info.name < b.info.name; });
    for (std::size_t i = 0; i < entries.size(); ++i) entries[i].opcode = static_cast<Opcode>(i);
    return entries;
  }();
  return table;
}

const Entry& entry(Opcode opcode) {
  return instruction_table()[static_cast<std::size_t>(opcode)];
}

const Entry* find_instruction(std::string_view name) {
  const std::vector<Entry>& table = instruction_table();
  const auto at =
      std::lower_bound(table.begin(), table.end(), name,
                       [](const Entry& e, std::string_view n) { return e.info.name < n; });
  return at != table.end() && at->info.name == name ? &*at : nullptr;
}

}  // namespace trainyard
