// SPDX-License-Identifier: Apache-2.0
// A machine file as written, before its keys are given meaning.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace trainyard {

// [table] key = value, or key = { value = …, unit = "…", source = "…", origin = "…", why = "…" }.
struct MachineEntry {
  std::string table, key;
  int line = 0;
  bool described = false;  // the second form
  std::variant<double, bool, std::string> value;
  std::optional<std::string> unit, source, origin, why;

  std::string path() const { return table + "." + key; }
};

struct MachineFile {
  std::string file;
  std::string title, generation, base;
  int base_line = 0, generation_line = 0;  // 0: not given
  std::vector<MachineEntry> entries;       // in the order of the file
};

// Throws Fault(usage) with file and line for a file that cannot be read, is not TOML, or is not of
// the form above. Which keys exist is not known here.
MachineFile read_machine_file(const std::string& file);

}  // namespace trainyard
