// SPDX-License-Identifier: Apache-2.0
#include "fabric/system.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "fabric/system_fields.h"
#include "machine/machine.h"
#include "machine/search_path.h"
#include "machine/units.h"

namespace trainyard {
namespace {

namespace fs = std::filesystem;

constexpr int kBaseDepthMax = 8;

class SystemReader {
 public:
  SystemReader(TableReader& table, System& system, bool what_if)
      : table_(table), system_(system), what_if_(what_if) {}

  void read() {
    if (table_.has("title") || !what_if_) system_.title = table_.words("title");
    if (table_.has("vendor") || !what_if_) {
      system_.vendor = table_.choice("vendor", {"neuron", "nvidia"}) == "neuron" ? Vendor::neuron
                                                                                 : Vendor::nvidia;
    }
    system_.flat_rings = table_.truth("flat_rings", system_.flat_rings);
    read_chip();
    std::set<std::string> given;
    for (TableReader& level : table_.tables("level")) read_level(level, given);
    TableReader power = table_.table("power");
    read_numbers(power, "power", power_fields(), system_.surroundings, !what_if_);
    power.finish();
    table_.finish();
    check();
  }

 private:
  void read_chip() {
    TableReader chip = table_.table("chip");
    SystemChip& into = system_.chip;
    const bool from_machine = chip.has("machine");
    if (from_machine) take_machine(chip.words("machine"), chip);
    into.name = chip.words("name", into.name.empty() ? system_.name : into.name);
    into.ranks = chip.count("ranks", into.ranks);
    into.units = chip.count("units", into.units);
    into.tile_rows = chip.count("tile_rows", into.tile_rows);
    into.tile_columns = chip.count("tile_columns", into.tile_columns);
    read_numbers(chip, "chip", chip_fields(), into, !what_if_);
    chip.finish();
  }

  // What the chip's own file says needs no saying again.
  void take_machine(const std::string& name, const TableReader& chip) {
    Machine machine;
    try {
      machine = load_machine(name);
    } catch (const Fault& fault) {
      throw Fault(fault).at({table_.file(), chip.line("machine")}).in("chip.machine");
    }
    SystemChip& into = system_.chip;
    into.machine = name;
    into.name = machine.title;
    into.units = machine.chip.cores;
    into.ranks =
        machine.chip.cores / std::max<std::int64_t>(1, machine.chip.cores_per_logical_core);
    into.tile_rows = machine.tensor.moving_max;
    into.tile_columns = machine.tensor.columns;
    into.vector_hz = machine.vector.clock_hz;
    into.vector_lanes = static_cast<double>(machine.vector.lanes * machine.chip.cores / into.ranks);
    const auto take = [&](const char* key, const char* path, double value, double& member) {
      if (value <= 0) return;
      member = value;
      if (const auto from = machine.provenance.find(path); from != machine.provenance.end()) {
        note(std::string("chip.") + key, from->second);
      }
    };
    take("peak_fp32", "chip.peak_fp32", machine.chip.peak_fp32_flop_per_s, into.fp32_flop_per_s);
    take("peak_bf16", "chip.peak_bf16", machine.chip.peak_bf16_flop_per_s, into.bf16_flop_per_s);
    take("peak_fp8", "chip.peak_fp8", machine.chip.peak_fp8_flop_per_s, into.fp8_flop_per_s);
    take("peak_fp4", "chip.peak_fp4", machine.chip.peak_fp4_flop_per_s, into.fp4_flop_per_s);
    take("hbm", "hbm.capacity", static_cast<double>(machine.hbm.capacity_bytes), into.hbm_bytes);
    take("hbm_bandwidth", "hbm.bandwidth", machine.hbm.bandwidth_bytes_per_s, into.hbm_bytes_per_s);
    take("price", "chip.price", machine.chip.price_usd_per_h, into.price_usd_per_h);
  }

  void read_level(TableReader& level, std::set<std::string>& given) {
    const std::string name = level.words("name");
    if (!given.insert(name).second) {
      throw level.fault("name", fmt::format("two levels are called \"{}\"", name));
    }
    auto into = std::find_if(system_.levels.begin(), system_.levels.end(),
                             [&](const Level& known) { return known.name == name; });
    const bool is_new = into == system_.levels.end();
    if (is_new) {
      system_.levels.push_back({});
      into = system_.levels.end() - 1;
      into->name = name;
    }
    if (is_new || level.has("kind")) {
      const std::string kind = level.choice("kind", {"torus", "ring", "switched", "network"});
      into->kind = kind == "torus"      ? LevelShape::torus
                   : kind == "ring"     ? LevelShape::ring
                   : kind == "switched" ? LevelShape::switched
                                        : LevelShape::network;
    }
    if (is_new || level.has("chips")) into->chips = level.count("chips");
    into->reduces = level.truth("reduces", into->reduces);
    read_numbers(level, "level." + name, level_fields(), *into, is_new);
    level.finish();
  }

  template <typename Part>
  void read_numbers(TableReader& table, const std::string& path,
                    const std::vector<SystemField<Part>>& fields, Part& into, bool all_needed) {
    for (const SystemField<Part>& field : fields) {
      if (!table.has(field.key)) {
        const bool known = noted(path + "." + field.key);
        if (all_needed && field.needed && !known) {
          throw table.fault(field.key, fmt::format("\"{}\" is missing", field.key),
                            fmt::format("give it a value in {}", field.unit));
        }
        table.node(field.key);
        continue;
      }
      into.*field.member = read_number(table, path, field.key, field.unit);
    }
  }

  // `key = 3` in the base's unit, or { value, unit, source, origin, why }.
  double read_number(TableReader& table, const std::string& path, const char* key,
                     const char* unit) {
    const DocumentNode& node = *table.node(key);
    Provenance from;
    from.unit = unit;
    if (const Provenance* before = noted(path + "." + key)) from.unit = before->unit;
    from.source = table.file();
    from.origin = Origin::what_if;
    if (node.is(DocumentNode::Kind::table)) {
      TableReader described(node, table.file(), path + "." + key);
      from.value = described.number("value", 0, 1e30);
      from.unit = described.words("unit", from.unit);
      from.source = described.words("source", what_if_ ? std::optional(from.source) : std::nullopt);
      if (!what_if_ || described.has("origin")) {
        from.origin = origin_of(described.choice("origin", {"published", "derived", "assumed"}));
      }
      from.why = described.words("why", "-");
      if ((from.origin == Origin::assumed) == (from.why == "-")) {
        throw described.fault("why", "what is assumed says why, and only that");
      }
      described.finish();
    } else {
      if (!what_if_) {
        throw table.fault(key, "a system without a base says where its numbers come from",
                          "write { value = …, unit = \"…\", source = \"…\", origin = \"…\" }");
      }
      from.value = table.number(key, 0, 1e30);
    }
    const Unit* written = find_unit(from.unit);
    const Unit& wanted = *find_unit(unit);
    if (written == nullptr || std::string_view(written->dimension) != wanted.dimension) {
      throw table.fault(key, fmt::format("\"{}\" is no unit of this key", from.unit),
                        fmt::format("units: {}", fmt::join(unit_names(wanted.dimension), ", ")));
    }
    note(path + "." + key, from);
    return convert_unit(from.value, *written, wanted);
  }

  static Origin origin_of(const std::string& name) {
    return name == "published" ? Origin::published
           : name == "derived" ? Origin::derived
                               : Origin::assumed;
  }

  void note(const std::string& path, Provenance provenance) {
    for (SystemInput& input : system_.inputs) {
      if (input.path == path) {
        input.provenance = std::move(provenance);
        return;
      }
    }
    system_.inputs.push_back({path, std::move(provenance)});
  }

  const Provenance* noted(const std::string& path) const {
    for (const SystemInput& input : system_.inputs) {
      if (input.path == path) return &input.provenance;
    }
    return nullptr;
  }

  void check() const {
    if (system_.levels.empty()) {
      throw table_.fault("level", "a system has at least one level", "add a [[level]]");
    }
    std::int64_t below = 1;
    for (const Level& level : system_.levels) {
      const auto fault = [&](const char* key, const std::string& rule) {
        return table_.fault("", rule, fmt::format("level \"{}\", {}", level.name, key));
      };
      if (level.chips % below != 0 || level.chips < below) {
        throw fault("chips", fmt::format("{} chips are no multiple of the {} of the level below",
                                         level.chips, below));
      }
      if (level.bytes_per_s <= 0) throw fault("bandwidth", "a bandwidth is above zero");
      if (level.sustained <= 0) throw fault("sustained", "a sustained share is above zero");
      if (level.oversubscription < 1) throw fault("oversubscription", "at least 1");
      below = level.chips;
    }
    const SystemChip& chip = system_.chip;
    if (!(chip.bf16_flop_per_s > 0) || !(chip.fp32_flop_per_s > 0) || !(chip.hbm_bytes > 0) ||
        !(chip.hbm_bytes_per_s > 0) || !(chip.matmul_sustained > 0) || !(chip.hbm_sustained > 0)) {
      throw table_.fault("chip", "peaks, memory and sustained shares of a chip are above zero");
    }
    if (!(system_.surroundings.supply_efficiency > 0) || system_.surroundings.pue < 1) {
      throw table_.fault("power", "supply_efficiency is above 0 and pue at least 1");
    }
  }

  TableReader& table_;
  System& system_;
  const bool what_if_;
};

System load(const std::string& path, int depth);

System from_table(TableReader& table, const std::string& name, int depth) {
  System system;
  const bool what_if = table.has("base");
  if (what_if) {
    if (depth >= kBaseDepthMax) {
      throw table.fault("base",
                        fmt::format("more than {} systems name each other as base", kBaseDepthMax),
                        "a chain of bases must end at a system without one");
    }
    const std::string base = table.words("base");
    try {
      system = load(find_in_folder("systems", "system", base, table.file()), depth + 1);
    } catch (const Fault& fault) {
      if (fault.place().known()) throw;
      throw Fault(fault).at({table.file(), table.line("base")}).in("base");
    }
    system.base = fs::path(base).stem().string();
  }
  system.name = name;
  system.file = table.file();
  SystemReader(table, system, what_if).read();
  return system;
}

System load(const std::string& path, int depth) {
  const Document document = read_document(path);
  TableReader table(document);
  return from_table(table, fs::path(path).stem().string(), depth);
}

template <typename Part>
double* number_in(const std::vector<SystemField<Part>>& fields, Part& part,
                  const std::string& key) {
  for (const SystemField<Part>& field : fields) {
    if (key == field.key) return &(part.*field.member);
  }
  return nullptr;
}

}  // namespace

const Level* System::find_level(const std::string& level) const {
  for (const Level& known : levels) {
    if (known.name == level) return &known;
  }
  return nullptr;
}

std::vector<std::string> system_names() {
  return names_in_folder("systems");
}

System load_system(const std::string& name_or_path, const std::string& from_file) {
  return load(find_in_folder("systems", "system", name_or_path, from_file), 0);
}

System read_system(TableReader& table, const std::string& name) {
  return from_table(table, name, 0);
}

System read_system_and_chips(TableReader& table, std::int64_t& chips) {
  chips = table.count("chips");
  const std::string base = table.words("base");
  System system = read_system(table, fs::path(base).stem().string());
  const std::int64_t most = system.levels.back().chips;
  if (chips > most) {
    throw table.fault("chips", fmt::format("{} has at most {} chips", base, most),
                      "raise `chips` of its last [[system.level]] for a what-if");
  }
  return system;
}

double* system_number(System& system, const std::string& path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string::npos) return nullptr;
  const std::string table = path.substr(0, dot), key = path.substr(dot + 1);
  if (table == "chip") return number_in(chip_fields(), system.chip, key);
  if (table == "power") return number_in(power_fields(), system.surroundings, key);
  for (Level& level : system.levels) {
    if (table == "level." + level.name) return number_in(level_fields(), level, key);
  }
  return nullptr;
}

}  // namespace trainyard
