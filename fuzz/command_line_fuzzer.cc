// SPDX-License-Identifier: Apache-2.0
// Any words as the command line: the status is that of success or of a wrong usage. The commands
// themselves are not run, because their words name files to write and programs to start.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/fault.h"
#include "cli/command.h"

int trainyard_main(int argc, char** argv);

namespace trainyard {

std::vector<Command> real_commands();  // all_commands() of commands.cc

namespace {

void read_words_alone(Command& command) {
  if (command.run) {
    command.run = [](const Arguments& arguments) {
      for (const auto& [name, text] : arguments.given) {
        if (name.empty() || text != arguments.text(name)) abort();
      }
      return 0;
    };
  }
  for (Command& inner : command.commands) read_words_alone(inner);
}

}  // namespace

std::vector<Command> all_commands() {
  std::vector<Command> commands = real_commands();
  for (Command& command : commands) read_words_alone(command);
  return commands;
}

}  // namespace trainyard

// Words end in a newline.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> words = {"trainyard", ""};
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == '\n') {
      words.emplace_back();
    } else if (data[i] != 0) {
      words.back() += static_cast<char>(data[i]);
    }
  }
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int status = trainyard_main(static_cast<int>(words.size()), argv.data());
  if (status != 0 && status != static_cast<int>(trainyard::FaultKind::usage)) abort();
  return 0;
}
