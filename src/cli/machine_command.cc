// SPDX-License-Identifier: Apache-2.0
#include "cli/machine_command.h"

#include <utility>

#include "base/fault.h"
#include "cli/machine_view.h"
#include "cli/output.h"
#include "machine/machine.h"
#include "machine/reference.h"
#include "machine/search_path.h"

namespace trainyard {
namespace {

const Argument kJson{ArgumentKind::optional_text, "--json",
                     "as JSON, to standard output or to a file that follows"};

// Text unless --json was given.
int write(const Arguments& arguments, const std::string& text, const std::string& json) {
  const bool as_json = arguments.has("--json");
  write_result(as_json ? json : text, arguments.text("--json"));
  return 0;
}

int list(const Arguments& arguments) {
  std::vector<Machine> machines;
  for (const std::string& name : machine_names()) machines.push_back(load_machine(name));
  if (machines.empty()) find_machine_file("");  // says where it looked
  return write(arguments, list_text(machines), list_json(machines));
}

int show(const Arguments& arguments) {
  const Machine machine = load_machine(arguments.text("NAME"));
  return write(arguments, show_text(machine, arguments.has("--sources")), show_json(machine));
}

int compare(const Arguments& arguments) {
  const Machine a = load_machine(arguments.text("A"));
  const Machine b = load_machine(arguments.text("B"));
  return write(arguments, compare_text(a, b), compare_json(a, b));
}

int keys(const Arguments&) {
  write_result(machine_keys_markdown());
  return 0;
}

}  // namespace

Command machine_command() {
  const ArgumentKind positional = ArgumentKind::positional;
  const Argument sources{ArgumentKind::flag, "--sources", "where each number comes from"};
  Command command{"machine", "the machines that can be simulated"};
  command.commands = {
      {"list", "all machines found by name", {kJson}, list},
      {"show",
       "every number of one machine",
       {{positional, "NAME", "a name, or the path of a TOML file"}, sources, kJson},
       show},
      {"compare",
       "two machines side by side, where they differ",
       {{positional, "A", "a machine"}, {positional, "B", "another"}, kJson},
       compare},
      {"keys", "every key of a machine file, as Markdown", {}, keys},
  };
  return command;
}

}  // namespace trainyard
