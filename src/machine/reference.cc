// SPDX-License-Identifier: Apache-2.0
#include "machine/reference.h"

#include <fmt/format.h>

#include "machine/fields.h"
#include "machine/units.h"

namespace trainyard {

std::string machine_keys_markdown() {
  std::string text =
      "# Keys of a machine file\n\nMade by `trainyard machine keys`; do not edit. "
      "Keys marked with a generation begin with it.\n";
  std::string table;
  for (const Field& field : machine_fields()) {
    if (field.table != table) {
      table = field.table;
      text += fmt::format("\n## [{}]\n\n| key | units | meaning |\n|---|---|---|\n", table);
    }
    std::string units = "string";
    if (field.numeric()) {
      units = fmt::format("{}", fmt::join(unit_names(find_unit(field.unit)->dimension), ", "));
    } else if (field.type == Field::Type::truth) {
      units = "true, false";
    }
    const bool later = field.since_generation != Generation::gen2;
    text += fmt::format("| `{}` | {} | {}{} |\n", field.key, units, field.help,
                        later ? fmt::format(" ({})", generation_name(field.since_generation)) : "");
  }
  return text;
}

}  // namespace trainyard
