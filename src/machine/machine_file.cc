// SPDX-License-Identifier: Apache-2.0
#include "machine/machine_file.h"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "base/fault.h"
#include "base/nearest.h"

namespace trainyard {
namespace {

constexpr std::size_t kFileMaxBytes = 1 << 20;

class Reader {
 public:
  explicit Reader(const std::string& file) { result_.file = file; }

  MachineFile read() {
    const toml::table document = parse(text());
    for (const auto& [key, node] : document) {
      if (const toml::table* table = node.as_table()) {
        read_table(std::string(key.str()), *table);
      } else {
        read_top_level(key, node);
      }
    }
    // toml++ keeps keys sorted; faults read best in the order of the file.
    std::stable_sort(result_.entries.begin(), result_.entries.end(),
                     [](const MachineEntry& a, const MachineEntry& b) { return a.line < b.line; });
    return std::move(result_);
  }

 private:
  Fault fault(int line, std::string rule, std::string hint = {}) const {
    return Fault(FaultKind::usage, std::move(rule), std::move(hint)).at({result_.file, line});
  }

  static int line_of(const toml::source_region& source) {
    return static_cast<int>(source.begin.line);
  }

  std::string text() const {
    std::ifstream stream(result_.file, std::ios::binary);
    std::string text(kFileMaxBytes + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    // A folder opens but does not read.
    if (!stream.is_open() || stream.bad() || (stream.gcount() == 0 && !stream.eof())) {
      throw Fault(FaultKind::usage, fmt::format("cannot read the machine file {}", result_.file),
                  "check that it exists and may be read");
    }
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > kFileMaxBytes) {
      throw fault(1, "a machine file has at most 1 MiB");
    }
    return text;
  }

  toml::table parse(const std::string& text) const {
    try {
      return toml::parse(text, result_.file);
    } catch (const toml::parse_error& error) {
      throw fault(line_of(error.source()), fmt::format("not TOML: {}", error.description()));
    }
  }

  void read_top_level(const toml::key& key, const toml::node& node) {
    const std::string name(key.str());
    const int line = line_of(key.source());
    const std::vector<std::string> known = {"title", "generation", "base"};
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::string nearest = nearest_name(name, known);
      throw fault(line, fmt::format("unknown key \"{}\" outside a table", name),
                  nearest.empty() ? "there are title, generation and base; numbers stand in tables"
                                  : fmt::format("did you mean \"{}\"?", nearest));
    }
    if (!node.is_string()) throw fault(line, fmt::format("\"{}\" is a string", name));
    const std::string value = node.ref<std::string>();
    if (name == "title") result_.title = value;
    if (name == "generation") {
      result_.generation = value;
      result_.generation_line = line;
    }
    if (name == "base") {
      result_.base = value;
      result_.base_line = line;
    }
  }

  void read_table(const std::string& name, const toml::table& table) {
    for (const auto& [key, node] : table) {
      MachineEntry entry;
      entry.table = name;
      entry.key = std::string(key.str());
      entry.line = line_of(key.source());
      if (const toml::table* description = node.as_table()) {
        read_description(*description, entry);
      } else {
        entry.value = value_of(node, entry);
      }
      result_.entries.push_back(std::move(entry));
    }
  }

  std::variant<double, bool, std::string> value_of(const toml::node& node,
                                                   const MachineEntry& entry) const {
    if (const auto* whole = node.as_integer()) return static_cast<double>(whole->get());
    if (const auto* real = node.as_floating_point()) return real->get();
    if (const auto* truth = node.as_boolean()) return truth->get();
    if (const auto* words = node.as_string()) return words->get();
    throw fault(entry.line, "a value is a number, true, false or a string").in(entry.path());
  }

  void read_description(const toml::table& description, MachineEntry& entry) const {
    entry.described = true;
    bool has_value = false;
    const std::vector<std::string> known = {"value", "unit", "source", "origin", "why"};
    for (const auto& [key, node] : description) {
      const std::string name(key.str());
      if (name == "value") {
        entry.value = value_of(node, entry);
        has_value = true;
        continue;
      }
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        const std::string nearest = nearest_name(name, known);
        throw fault(entry.line, fmt::format("unknown key \"{}\" in the inline table", name),
                    nearest.empty() ? "there are value, unit, source, origin and why"
                                    : fmt::format("did you mean \"{}\"?", nearest))
            .in(entry.path());
      }
      if (!node.is_string()) {
        throw fault(entry.line, fmt::format("\"{}\" is a string", name)).in(entry.path());
      }
      (name == "unit"     ? entry.unit
       : name == "source" ? entry.source
       : name == "origin" ? entry.origin
                          : entry.why) = node.ref<std::string>();
    }
    if (!has_value) throw fault(entry.line, "the inline table has no value").in(entry.path());
  }

  MachineFile result_;
};

}  // namespace

MachineFile read_machine_file(const std::string& file) {
  return Reader(file).read();
}

}  // namespace trainyard
