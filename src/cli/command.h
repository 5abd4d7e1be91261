// SPDX-License-Identifier: Apache-2.0
// A sub-command of `trainyard`, as data. Each has a file of its own that returns one, and a place
// in the list in commands.cc; main.cc turns the list into a command line.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace trainyard {

enum class ArgumentKind : std::uint8_t {
  positional,     // NAME, required
  flag,           // --sources
  text,           // --machine NAME
  optional_text,  // --json [FILE]
};

struct Argument {
  ArgumentKind kind;
  std::string name;  // "NAME" or "--json"
  std::string help;
};

// What the user gave, by the names above.
struct Arguments {
  std::map<std::string, std::string> given;
  std::vector<std::string> rest;  // of a command that passes its words on, in order

  bool has(const std::string& name) const { return given.count(name) > 0; }
  std::string text(const std::string& name) const {
    const auto found = given.find(name);
    return found == given.end() ? std::string() : found->second;
  }
};

struct Command {
  std::string name, help;
  std::vector<Argument> arguments = {};
  // Returns the exit status; faults are thrown.
  std::function<int(const Arguments&)> run = nullptr;
  std::vector<Command> commands = {};  // instead of `run`
  bool passes_rest = false;            // all its words, as they are, are `rest`
};

// All sub-commands, in the order of the help text.
std::vector<Command> all_commands();

}  // namespace trainyard
