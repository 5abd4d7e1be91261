// SPDX-License-Identifier: Apache-2.0
#include "cli/isa_command.h"

#include "base/fault.h"
#include "base/nearest.h"
#include "cli/output.h"
#include "isa/reference.h"
#include "machine/machine.h"

namespace trainyard {
namespace {

// One of each generation.
std::vector<Machine> generations() {
  return {load_machine("trn1"), load_machine("trn2"), load_machine("trn3")};
}

int list(const Arguments&) {
  write_result(instruction_list_text());
  return 0;
}

int show(const Arguments& arguments) {
  const std::string name = arguments.text("NAME");
  const Entry* entry = find_instruction(name);
  if (entry == nullptr) {
    std::vector<std::string> names;
    for (const Entry& e : instruction_table()) names.emplace_back(e.info.name);
    const std::string nearest = nearest_name(name, names);
    throw Fault(FaultKind::usage, "there is no instruction \"" + name + "\"",
                nearest.empty() ? "`trainyard isa list` names them all"
                                : "did you mean \"" + nearest + "\"?");
  }
  write_result(instruction_text(*entry, generations()));
  return 0;
}

int page(const Arguments&) {
  write_result(instructions_markdown(generations()));
  return 0;
}

}  // namespace

Command isa_command() {
  Command command{"isa", "the instructions that are simulated"};
  command.commands = {
      {"list", "every instruction in one line", {}, list},
      {"show",
       "operands, meaning, engines and cost of one",
       {{ArgumentKind::positional, "NAME", "as nki.isa spells it"}},
       show},
      {"page", "all of them, as Markdown", {}, page},
  };
  return command;
}

}  // namespace trainyard
