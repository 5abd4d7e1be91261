// SPDX-License-Identifier: Apache-2.0
// The one list of everything a machine file may say. Reading, unit checks, unknown and missing
// keys, `show`, `compare`, JSON and docs/machine-keys.md all run over this list. To add a number
// to machines: a member in machine.h, a row here, a line in each machines/*.toml.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "machine/machine.h"

namespace trainyard {

using MemberPointer = std::variant<double*, std::int64_t*, bool*, std::string*>;

struct Field {
  enum class Type : std::uint8_t { real, whole, truth, words };

  std::string table, key;  // [tensor] clock
  std::string unit;        // the unit the struct member holds; empty for words and booleans
  std::string help;
  std::function<MemberPointer(Machine&)> member;
  Type type = Type::real;
  Generation since_generation = Generation::gen2;  // earlier machines must not have the key
  bool may_be_absent = false;                      // the member is then 0 or empty
  bool may_be_zero = false;                        // the machine then has none of it
  double max = 0;                                  // tighter than the unit's bound; 0: none

  Field& since(Generation generation) {
    since_generation = generation;
    return *this;
  }
  Field& maybe() {
    may_be_absent = true;
    return *this;
  }
  Field& or_zero() {
    may_be_zero = true;
    return *this;
  }
  Field& at_most(double value) {
    max = value;
    return *this;
  }

  std::string path() const { return table + "." + key; }
  bool numeric() const { return !unit.empty(); }
  // "clock_hz": as the struct member is called.
  std::string key_with_unit() const;
};

const std::vector<Field>& machine_fields();

// Null when there is none.
const Field* find_field(const std::string& path);

// Of numeric and boolean fields, in the field's unit.
double field_number(const Field& field, const Machine& machine);
// Of fields that hold words.
const std::string& field_text(const Field& field, const Machine& machine);

// Adds rows of one table to a list: table.add("clock", "Hz", &TensorEngine::clock_hz, "...").
template <typename Part>
class FieldTable {
 public:
  FieldTable(std::vector<Field>& fields, const char* table, Part Machine::*part)
      : fields_(fields), table_(table), part_(part) {}

  template <typename T>
  Field& add(const char* key, const char* unit, T Part::*member, const char* help) {
    Field field;
    field.table = std::string(table_);
    field.key = std::string(key);
    field.unit = std::string(unit);  // moved in: g++ 12 warns of a copy that it inlines
    field.help = std::string(help);
    field.type = std::is_same_v<T, double>         ? Field::Type::real
                 : std::is_same_v<T, std::int64_t> ? Field::Type::whole
                 : std::is_same_v<T, bool>         ? Field::Type::truth
                                                   : Field::Type::words;
    field.member = [part = part_, member](Machine& machine) -> MemberPointer {
      return &(machine.*part.*member);
    };
    fields_.push_back(std::move(field));
    return fields_.back();
  }

 private:
  std::vector<Field>& fields_;
  const char* table_;
  Part Machine::*part_;
};

// The rows, by subject; machine_fields() joins them.
void add_chip_fields(std::vector<Field>& fields);
void add_engine_fields(std::vector<Field>& fields);
void add_memory_fields(std::vector<Field>& fields);
void add_link_and_energy_fields(std::vector<Field>& fields);

}  // namespace trainyard
