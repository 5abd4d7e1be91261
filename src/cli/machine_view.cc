// SPDX-License-Identifier: Apache-2.0
#include "cli/machine_view.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "energy/reference_load.h"
#include "machine/fields.h"
#include "machine/headline.h"
#include "machine/units.h"

namespace trainyard {
namespace {

// A line of `compare`; what one of the two does not have is shown as "-".
struct Row {
  std::string key, unit, a, b, ratio;
};

std::vector<Headline> all_headlines(const Machine& machine) {
  std::vector<Headline> rows = headlines(machine);
  for (const Headline& row : energy_headlines(machine)) rows.push_back(row);
  return rows;
}

std::string number_text(double value) {
  return fmt::format("{:.6g}", value);
}

const Provenance* provenance_of(const Field& field, const Machine& machine) {
  const auto found = machine.provenance.find(field.path());
  return found == machine.provenance.end() ? nullptr : &found->second;
}

std::string value_text(const Field& field, const Provenance& provenance) {
  if (field.type == Field::Type::words) return provenance.text;
  if (field.type == Field::Type::truth) return provenance.value != 0 ? "true" : "false";
  return number_text(provenance.value);
}

void write_value(const Field& field, const Machine& machine, JsonWriter& json) {
  json.key(field.key_with_unit());
  if (provenance_of(field, machine) == nullptr) {
    json.null();
  } else if (field.type == Field::Type::words) {
    json.value(field_text(field, machine));
  } else if (field.type == Field::Type::truth) {
    json.value(field_number(field, machine) != 0);
  } else if (field.type == Field::Type::whole) {
    json.value(static_cast<std::int64_t>(field_number(field, machine)));
  } else {
    json.value(field_number(field, machine));
  }
}

void write_identity(const Machine& machine, JsonWriter& json) {
  json.field("name", machine.name);
  json.field("title", machine.title);
  json.field("generation", generation_name(machine.generation));
  json.field("base", machine.base);
  json.field("file", machine.file);
}

// Calls each(field), and table(name) before the first field of a table.
template <typename Table, typename Each>
void for_each_field(const Table& table, const Each& each) {
  std::string current;
  for (const Field& field : machine_fields()) {
    if (field.table != current) table(current = field.table);
    each(field);
  }
}

std::string source_lines(const Provenance& provenance) {
  std::string lines = fmt::format("      source: {}\n", provenance.source);
  if (!provenance.why.empty()) lines += fmt::format("      why: {}\n", provenance.why);
  return lines;
}

std::vector<Row> headline_rows(const Machine& a, const Machine& b) {
  std::vector<Row> rows;
  const std::vector<Headline> of_a = all_headlines(a), of_b = all_headlines(b);
  for (const Headline& left : of_a) {
    const auto right = std::find_if(of_b.begin(), of_b.end(),
                                    [&](const Headline& row) { return row.key == left.key; });
    if (right == of_b.end()) {
      rows.push_back({left.label, left.unit, number_text(left.value), "-", ""});
    } else {
      rows.push_back({left.label, left.unit, number_text(left.value), number_text(right->value),
                      fmt::format("{:.3f}", right->value / left.value)});
    }
  }
  for (const Headline& right : of_b) {
    const bool known = std::any_of(of_a.begin(), of_a.end(),
                                   [&](const Headline& row) { return row.key == right.key; });
    if (!known) rows.push_back({right.label, right.unit, "-", number_text(right.value), ""});
  }
  return rows;
}

// B in the unit that A is written in, so that the two columns compare by eye.
Row field_row(const Field& field, const Machine& machine_a, const Machine& machine_b) {
  const Provenance* a = provenance_of(field, machine_a);
  const Provenance* b = provenance_of(field, machine_b);
  Row row{field.path(), "", a == nullptr ? "-" : value_text(field, *a),
          b == nullptr ? "-" : value_text(field, *b), ""};
  if (!field.numeric()) return row;
  row.unit = a != nullptr ? a->unit : b->unit;
  if (a != nullptr && b != nullptr) {
    row.b = number_text(convert_unit(b->value, *find_unit(b->unit), *find_unit(a->unit)));
    row.ratio =
        fmt::format("{:.3f}", field_number(field, machine_b) / field_number(field, machine_a));
  }
  return row;
}

std::string table_text(const std::vector<Row>& rows) {
  std::size_t key = 0, unit = 0, a = 0, b = 0;
  for (const Row& row : rows) {
    key = std::max(key, row.key.size());
    unit = std::max(unit, row.unit.size());
    a = std::max(a, row.a.size());
    b = std::max(b, row.b.size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line = fmt::format("{:<{}}  {:<{}}  {:>{}}  {:>{}}  {:>7}", row.key, key, row.unit,
                                   unit, row.a, a, row.b, b, row.ratio);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace

std::string list_text(const std::vector<Machine>& machines) {
  std::size_t width = 0;
  for (const Machine& machine : machines) width = std::max(width, machine.name.size());
  std::string text;
  for (const Machine& machine : machines) {
    text += fmt::format("{:<{}}  {}  {}\n", machine.name, width,
                        generation_name(machine.generation), machine.title);
  }
  return text;
}

std::string list_json(const std::vector<Machine>& machines) {
  JsonWriter json;
  json.begin_object();
  json.key("machines");
  json.begin_array();
  for (const Machine& machine : machines) {
    json.begin_object();
    write_identity(machine, json);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.text();
}

std::string show_text(const Machine& machine, bool with_sources) {
  std::string text = fmt::format("{}: {}, {}\nread from {}\n\n", machine.name, machine.title,
                                 generation_name(machine.generation), machine.file);
  for (const Headline& row : all_headlines(machine)) {
    text += fmt::format("  {:<36}{:>12} {}\n", row.label, number_text(row.value), row.unit);
  }
  for_each_field([&](const std::string& table) { text += fmt::format("\n[{}]\n", table); },
                 [&](const Field& field) {
                   const Provenance* provenance = provenance_of(field, machine);
                   if (provenance == nullptr) return;
                   if (field.type == Field::Type::words) {
                     text += fmt::format("  {:<36}{} ({})\n", field.key, provenance->text,
                                         origin_name(provenance->origin));
                     if (with_sources) text += source_lines(*provenance);
                     return;
                   }
                   text += fmt::format("  {:<36}{:>12} {:<9} {:<10} {}\n", field.key,
                                       value_text(field, *provenance), provenance->unit,
                                       origin_name(provenance->origin), field.help);
                   if (with_sources) text += source_lines(*provenance);
                 });
  return text;
}

std::string show_json(const Machine& machine) {
  JsonWriter json;
  json.begin_object();
  write_identity(machine, json);
  json.key("headlines");
  json.begin_object();
  for (const Headline& row : all_headlines(machine)) json.field(row.key, row.value);
  json.end_object();
  bool open = false;
  const auto begin_table = [&](const std::string& table) {
    if (open) json.end_object();
    json.key(table);
    json.begin_object();
    open = true;
  };
  for_each_field(begin_table, [&](const Field& field) { write_value(field, machine, json); });
  json.end_object();
  json.key("sources");
  json.begin_object();
  for (const Field& field : machine_fields()) {
    const Provenance* provenance = provenance_of(field, machine);
    if (provenance == nullptr) continue;
    json.key(field.path());
    json.begin_object();
    json.field("origin", origin_name(provenance->origin));
    json.field("source", provenance->source);
    json.field("why", provenance->why);
    json.end_object();
  }
  json.end_object();
  json.end_object();
  return json.text();
}

std::string compare_text(const Machine& a, const Machine& b) {
  std::vector<Row> rows = {{"", "", a.name, b.name, "B/A"}};
  for (const Row& row : headline_rows(a, b)) rows.push_back(row);
  std::size_t equal = 0;
  for (const Field& field : machine_fields()) {
    if (provenance_of(field, a) == nullptr && provenance_of(field, b) == nullptr) continue;
    const Row row = field_row(field, a, b);
    if (field.type == Field::Type::words) continue;
    if (row.a == row.b) {
      ++equal;
    } else {
      rows.push_back(row);
    }
  }
  return table_text(rows) + fmt::format("{} keys more are equal\n", equal);
}

std::string compare_json(const Machine& a, const Machine& b) {
  JsonWriter json;
  json.begin_object();
  const auto write_pair = [&](const std::string& key, double left, double right, bool both) {
    json.key(key);
    json.begin_object();
    left > 0 ? json.field("a", left) : (json.key("a"), json.null());
    right > 0 ? json.field("b", right) : (json.key("b"), json.null());
    both ? json.field("ratio", right / left) : (json.key("ratio"), json.null());
    json.end_object();
  };
  json.field("a", a.name);
  json.field("b", b.name);
  json.key("headlines");
  json.begin_object();
  const std::vector<Headline> of_a = all_headlines(a), of_b = all_headlines(b);
  const auto value_in = [](const std::vector<Headline>& rows, const std::string& key) {
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const Headline& row) { return row.key == key; });
    return found == rows.end() ? 0.0 : found->value;
  };
  std::vector<std::string> keys;
  for (const std::vector<Headline>* rows : {&of_a, &of_b}) {
    for (const Headline& row : *rows) {
      if (std::find(keys.begin(), keys.end(), row.key) == keys.end()) keys.push_back(row.key);
    }
  }
  for (const std::string& key : keys) {
    const double left = value_in(of_a, key), right = value_in(of_b, key);
    write_pair(key, left, right, left > 0 && right > 0);
  }
  json.end_object();
  json.key("keys");
  json.begin_object();
  for (const Field& field : machine_fields()) {
    if (!field.numeric()) continue;
    const double left = field_number(field, a), right = field_number(field, b);
    if (left == 0 && right == 0) continue;
    write_pair(field.table + "." + field.key_with_unit(), left, right, left > 0 && right > 0);
  }
  json.end_object();
  json.end_object();
  return json.text();
}

}  // namespace trainyard
