// SPDX-License-Identifier: Apache-2.0
#include "machine/machine_file.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "base/document.h"
#include "base/fault.h"
#include "base/nearest.h"

namespace trainyard {
namespace {

constexpr std::size_t kFileMaxBytes = 1 << 20;

class Reader {
 public:
  explicit Reader(const std::string& file) { result_.file = file; }

  MachineFile read() {
    const Document document =
        parse_toml(read_text(result_.file, "the machine file", kFileMaxBytes), result_.file);
    for (const auto& [key, node] : document.root.members) {
      if (node.is(DocumentNode::Kind::table)) {
        read_table(key, node);
      } else {
        read_top_level(key, node);
      }
    }
    std::stable_sort(result_.entries.begin(), result_.entries.end(),
                     [](const MachineEntry& a, const MachineEntry& b) { return a.line < b.line; });
    return std::move(result_);
  }

 private:
  Fault fault(int line, std::string rule, std::string hint = {}) const {
    return Fault(FaultKind::usage, std::move(rule), std::move(hint)).at({result_.file, line});
  }

  void read_top_level(const std::string& name, const DocumentNode& node) {
    const int line = node.line;
    const std::vector<std::string> known = {"title", "generation", "base"};
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::string nearest = nearest_name(name, known);
      throw fault(line, fmt::format("unknown key \"{}\" outside a table", name),
                  nearest.empty() ? "there are title, generation and base; numbers stand in tables"
                                  : fmt::format("did you mean \"{}\"?", nearest));
    }
    if (!node.is(DocumentNode::Kind::words)) {
      throw fault(line, fmt::format("\"{}\" is a string", name));
    }
    const std::string& value = node.words;
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

  void read_table(const std::string& name, const DocumentNode& table) {
    for (const auto& [key, node] : table.members) {
      MachineEntry entry;
      entry.table = name;
      entry.key = key;
      entry.line = node.line;
      if (node.is(DocumentNode::Kind::table)) {
        read_description(node, entry);
      } else {
        entry.value = value_of(node, entry);
      }
      result_.entries.push_back(std::move(entry));
    }
  }

  std::variant<double, bool, std::string> value_of(const DocumentNode& node,
                                                   const MachineEntry& entry) const {
    if (node.is(DocumentNode::Kind::number)) return node.number;
    if (node.is(DocumentNode::Kind::truth)) return node.truth;
    if (node.is(DocumentNode::Kind::words)) return node.words;
    throw fault(entry.line, "a value is a number, true, false or a string").in(entry.path());
  }

  void read_description(const DocumentNode& description, MachineEntry& entry) const {
    entry.described = true;
    bool has_value = false;
    const std::vector<std::string> known = {"value", "unit", "source", "origin", "why"};
    for (const auto& [name, node] : description.members) {
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
      if (!node.is(DocumentNode::Kind::words)) {
        throw fault(entry.line, fmt::format("\"{}\" is a string", name)).in(entry.path());
      }
      (name == "unit"     ? entry.unit
       : name == "source" ? entry.source
       : name == "origin" ? entry.origin
                          : entry.why) = node.words;
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
