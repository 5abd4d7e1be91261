// SPDX-License-Identifier: Apache-2.0
#include "machine/fields.h"

#include <algorithm>

#include <fmt/format.h>

#include "machine/units.h"

namespace trainyard {

std::string Field::key_with_unit() const {
  const Unit* known = find_unit(unit);
  const std::string suffix = known == nullptr ? "" : known->suffix;
  return suffix.empty() ? key : fmt::format("{}_{}", key, suffix);
}

const std::vector<Field>& machine_fields() {
  static const std::vector<Field> fields = [] {
    std::vector<Field> list;
    add_chip_fields(list);
    add_engine_fields(list);
    add_memory_fields(list);
    add_link_and_energy_fields(list);
    return list;
  }();
  return fields;
}

const Field* find_field(const std::string& path) {
  const std::vector<Field>& fields = machine_fields();
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return field.path() == path; });
  return found == fields.end() ? nullptr : &*found;
}

double field_number(const Field& field, const Machine& machine) {
  // The accessor serves reading and writing; here nothing is written.
  const MemberPointer member = field.member(const_cast<Machine&>(machine));
  if (double* const* real = std::get_if<double*>(&member)) return **real;
  if (std::int64_t* const* whole = std::get_if<std::int64_t*>(&member)) {
    return static_cast<double>(**whole);
  }
  return *std::get<bool*>(member) ? 1 : 0;
}

const std::string& field_text(const Field& field, const Machine& machine) {
  return *std::get<std::string*>(field.member(const_cast<Machine&>(machine)));
}

}  // namespace trainyard
