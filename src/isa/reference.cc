// SPDX-License-Identifier: Apache-2.0
#include "isa/reference.h"

#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "isa/describe.h"

namespace trainyard {
namespace {

// A Markdown table cell may not hold a bar.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
    text.replace(at, 1, "\\|");
  }
  return text;
}

void add_section(std::string& page, const Entry& entry, const std::vector<Machine>& machines) {
  const auto out = std::back_inserter(page);
  const InstructionInfo& info = entry.info;
  fmt::format_to(out, "\n## {}\n\n{}\n\n```\n{}\n\n{}\n```\n\n", info.name, info.summary,
                 signature_text(entry), info.formula);
  page += "| parameter | kind | in | dtypes | if left out |\n|---|---|---|---|---|\n";
  for (const ParameterText& p : describe_parameters(entry)) {
    fmt::format_to(out, "| `{}` | {} | {} | {} | {} |\n", p.name, cell(p.kind), p.spaces, p.dtypes,
                   p.standard.empty() ? "required" : "`" + p.standard + "`");
  }
  fmt::format_to(out, "\n- engines: {}\n- cost: {}\n- energy: {}\n- since: {}\n- source: {}\n",
                 engines_text(entry, machines), info.cost, energy_text(entry, machines.back()),
                 generation_name(info.since), info.source);
  if (!info.deviation.empty()) fmt::format_to(out, "- differs: {}\n", info.deviation);
}

}  // namespace

std::string instruction_text(const Entry& entry, const std::vector<Machine>& machines) {
  const InstructionInfo& info = entry.info;
  const std::vector<ParameterText> parameters = describe_parameters(entry);
  std::size_t name_width = sizeof "engines" - 1, kind_width = 0, space_width = 0;
  for (const ParameterText& p : parameters) {
    name_width = std::max(name_width, p.name.size());
    kind_width = std::max(kind_width, p.kind.size());
    space_width = std::max(space_width, p.spaces.size());
  }
  std::string text =
      fmt::format("{}\n\n{}\n\n  {}\n\n", signature_text(entry), info.summary, info.formula);
  std::map<std::string_view, const Choices*> choices;
  for (const ParameterText& p : parameters) {
    const std::string row = fmt::format("{:<{}}  {:<{}}  {:<{}}  {}", p.name, name_width, p.kind,
                                        kind_width, p.spaces, space_width, p.dtypes);
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
    if (p.choices != nullptr) choices.emplace(p.choices->what, p.choices);
  }
  const auto line = [&](std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(text), "{:<{}}  {}\n", name, name_width, value);
  };
  text += "\n";
  line("engines", engines_text(entry, machines));
  line("cost", info.cost);
  line("energy", energy_text(entry, machines.back()));
  line("since", generation_name(info.since));
  line("source", info.source);
  if (!info.deviation.empty()) line("differs", info.deviation);
  for (const auto& [what, values] : choices) {
    fmt::format_to(std::back_inserter(text), "\n{}: {}\n", what, choices_text(*values));
  }
  return text;
}

std::string instruction_list_text() {
  std::size_t width = 0;
  for (const Entry& entry : instruction_table()) width = std::max(width, entry.info.name.size());
  std::string text;
  for (const Entry& entry : instruction_table()) {
    fmt::format_to(std::back_inserter(text), "{:<{}}  {}  {}\n", entry.info.name, width,
                   generation_name(entry.info.since), entry.info.summary);
  }
  return text;
}

std::string instructions_markdown(const std::vector<Machine>& machines) {
  std::string page =
      "# Instructions\n\nMade by `trainyard isa page`; do not edit. One section an entry of the "
      "table in `src/isa/instructions/`.\n\n"
      "`None` leaves a parameter at its value if "
      "left out; Python writes `accumulate` as `None`, `False` and `True`. In formulas p is a "
      "partition and i an element of its free dimensions; costs are in cycles of the engine for N "
      "elements a partition, MIN_II is its least issue interval; energy names the keys of the "
      "machine file's `[energy]` that it spends. `.indirect() too`: the tile may be such a view, "
      "on NeuronCore-v4. `differs`: where the source is knowingly read otherwise. Rules that join "
      "several operands "
      "are checked when an instruction is recorded, and a fault names them. Generations are those "
      "of the "
      "NeuronCore:";
  for (const Machine& machine : machines) {
    fmt::format_to(std::back_inserter(page), "{} {} in {}",
                   &machine == &machines.front() ? "" : ",", generation_name(machine.generation),
                   machine.title);
  }
  page += ".\n";
  std::map<std::string_view, const Choices*> choices;
  for (const Entry& entry : instruction_table()) {
    add_section(page, entry, machines);
    for (const ParameterText& p : describe_parameters(entry)) {
      if (p.choices != nullptr) choices.emplace(p.choices->what, p.choices);
    }
  }
  page += "\n# Values\n\n";
  for (const auto& [what, values] : choices) {
    fmt::format_to(std::back_inserter(page), "- {}: {}\n", what, choices_text(*values));
  }
  return page;
}

}  // namespace trainyard
