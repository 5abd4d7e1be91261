// SPDX-License-Identifier: Apache-2.0
#include "machine/assign.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/fault.h"
#include "base/nearest.h"
#include "machine/fields.h"
#include "machine/units.h"

namespace trainyard {
namespace {

class Assignment {
 public:
  Assignment(const MachineEntry& entry, const std::string& file, Machine& machine)
      : entry_(entry), file_(file), machine_(machine), what_if_(!machine.base.empty()) {}

  void run() {
    const Field& field = known_field();
    if (field.since_generation > machine_.generation) {
      throw fault(fmt::format("{} machines have no such key; it begins with {}",
                              generation_name(machine_.generation),
                              generation_name(field.since_generation)),
                  "remove it");
    }
    Provenance provenance = described();
    const MemberPointer member = field.member(machine_);
    if (std::string* const* words = std::get_if<std::string*>(&member)) {
      const auto* value = std::get_if<std::string>(&entry_.value);
      if (value == nullptr || value->empty()) throw fault("the value is a non-empty string");
      provenance.text = ** words = *value;
    } else if (bool* const* truth = std::get_if<bool*>(&member)) {
      const auto* value = std::get_if<bool>(&entry_.value);
      if (value == nullptr) throw fault("the value is true or false");
      provenance.value = (** truth = *value) ? 1 : 0;
    } else {
      set_number(field, member, provenance);
    }
    machine_.provenance[field.path()] = std::move(provenance);
  }

 private:
  Fault fault(std::string rule, std::string hint = {}) const {
    return Fault(FaultKind::usage, std::move(rule), std::move(hint))
        .at({file_, entry_.line})
        .in(entry_.path());
  }

  const Field& known_field() const {
    if (const Field* field = find_field(entry_.path())) return *field;
    std::vector<std::string> tables, keys, homes;
    for (const Field& field : machine_fields()) {
      if (tables.empty() || tables.back() != field.table) tables.push_back(field.table);
      if (field.table == entry_.table) keys.push_back(field.key);
      if (field.key == entry_.key) homes.push_back(field.path());
    }
    const bool table_known = !keys.empty();
    std::string nearest =
        nearest_name(table_known ? entry_.key : entry_.table, table_known ? keys : tables);
    if (!nearest.empty()) nearest = table_known ? entry_.table + "." + nearest : nearest;
    if (nearest.empty() && !homes.empty()) nearest = homes.front();
    const std::string rule = table_known ? fmt::format("unknown key \"{}\"", entry_.key)
                                         : fmt::format("unknown table \"{}\"", entry_.table);
    throw fault(rule,
                fmt::format("{}`trainyard machine keys` lists all",
                            nearest.empty() ? "" : fmt::format("did you mean {}? ", nearest)));
  }

  Origin origin() const {
    if (!entry_.origin.has_value()) return Origin::what_if;
    std::vector<std::string> names;
    for (Origin known : {Origin::published, Origin::derived, Origin::assumed, Origin::what_if}) {
      if (*entry_.origin == origin_name(known)) return known;
      names.push_back(origin_name(known));
    }
    throw fault(fmt::format("unknown origin \"{}\"", *entry_.origin),
                fmt::format("there are {}", fmt::join(names, ", ")));
  }

  // A machine of its own says where every number comes from; a what-if may just set it.
  Provenance described() const {
    Provenance provenance;
    provenance.origin = origin();
    provenance.source = entry_.source.value_or("");
    provenance.why = entry_.why.value_or("");
    if (what_if_) {
      if (provenance.source.empty()) provenance.source = file_;
      return provenance;
    }
    if (!entry_.described || provenance.source.empty() || !entry_.origin.has_value()) {
      throw fault("a machine without a base gives value, source and origin of everything",
                  "write { value = …, unit = \"…\", source = \"…\", origin = \"published\" }, or "
                  "name a base");
    }
    if ((provenance.origin == Origin::assumed) == provenance.why.empty()) {
      throw fault("what is assumed says why, and only that");
    }
    return provenance;
  }

  const Unit& written_unit(const Field& field) const {
    const Unit& wanted = *find_unit(field.unit);
    const std::string choices = fmt::format("{}", fmt::join(unit_names(wanted.dimension), ", "));
    std::string name;
    if (entry_.unit.has_value()) {
      name = *entry_.unit;
    } else if (const auto base = machine_.provenance.find(field.path());
               what_if_ && base != machine_.provenance.end()) {
      name = base->second.unit;
    } else {
      throw fault("the value has no unit", fmt::format("add unit = one of {}", choices));
    }
    const Unit* unit = find_unit(name);
    if (unit == nullptr) {
      const std::string nearest = nearest_name(name, unit_names(wanted.dimension));
      throw fault(fmt::format("unknown unit \"{}\"", name),
                  nearest.empty() ? fmt::format("units of this key: {}", choices)
                                  : fmt::format("did you mean \"{}\"? units of this key: {}",
                                                nearest, choices));
    }
    if (std::string_view(unit->dimension) != wanted.dimension) {
      throw fault(
          fmt::format("\"{}\" is a unit of {}, not of {}", name, unit->dimension, wanted.dimension),
          fmt::format("units of this key: {}", choices));
    }
    return *unit;
  }

  void set_number(const Field& field, const MemberPointer& member, Provenance& provenance) const {
    const auto* written = std::get_if<double>(&entry_.value);
    if (written == nullptr) throw fault("the value is a number");
    const Unit& from = written_unit(field);
    const Unit& to = *find_unit(field.unit);
    const double value = convert_unit(*written, from, to);
    check_size(field, *written, value, to);
    provenance.value = *written;
    provenance.unit = from.name;
    if (std::int64_t* const* whole = std::get_if<std::int64_t*>(&member)) {
      if (value != std::floor(value)) {
        throw fault(fmt::format("{} is not a whole number of {}", value, field.unit));
      }
      **whole = static_cast<std::int64_t>(value);
    } else {
      **std::get_if<double*>(&member) = value;
    }
  }

  void check_size(const Field& field, double written, double value, const Unit& to) const {
    if (!std::isfinite(written)) throw fault("the value is a finite number");
    if (written == 0 && field.may_be_zero) return;
    if (written <= 0) throw fault(fmt::format("{} is not above zero", written));
    const Bounds bounds = dimension_bounds(to.dimension);
    const double most = field.max > 0 ? field.max : bounds.max / to.factor;
    const double least = bounds.min / to.factor;
    if (value < least || value > most) {
      throw fault(fmt::format("{} {} is outside what a machine can have", value, field.unit),
                  fmt::format("between {} and {} {}", least, most, field.unit));
    }
  }

  const MachineEntry& entry_;
  const std::string& file_;
  Machine& machine_;
  const bool what_if_;
};

}  // namespace

void assign_entry(const MachineEntry& entry, const std::string& file, Machine& machine) {
  Assignment(entry, file, machine).run();
}

}  // namespace trainyard
