// SPDX-License-Identifier: Apache-2.0
// The `trainyard` command: the list of sub-commands as a command line. The only file that knows
// CLI11. Data goes to standard output, messages to standard error; exit statuses are FaultKind's.
#include <cstdio>
#include <deque>
#include <exception>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/fault.h"
#include "base/nearest.h"
#include "cli/command.h"

namespace trainyard {
namespace {

// One argument as CLI11 fills it.
struct Slot {
  std::string name;
  std::string text;
  CLI::Option* option = nullptr;
};

class CommandLine {
 public:
  CommandLine() : commands_(all_commands()) {
    app_.set_version_flag("--version", "trainyard " TRAINYARD_VERSION);
    app_.require_subcommand(1);
    for (const Command& command : commands_) attach(app_, command);
  }

  int run(int argc, const char* const* argv) {
    if (const Command* command = passing_on(argc, argv)) {
      arguments_.rest.assign(argv + 2, argv + argc);
      return command->run(arguments_);
    }
    try {
      app_.parse(argc, argv);
    } catch (const CLI::Success& help_or_version) {
      return app_.exit(help_or_version);
    } catch (const CLI::ParseError& error) {
      throw wrong_usage(error);
    }
    return chosen_->run(arguments_);
  }

 private:
  // A command whose words are read by another program, `--help` too.
  const Command* passing_on(int argc, const char* const* argv) const {
    if (argc < 2) return nullptr;
    for (const Command& command : commands_) {
      if (command.passes_rest && command.name == argv[1]) return &command;
    }
    return nullptr;
  }

  void attach(CLI::App& parent, const Command& command) {
    CLI::App* app = parent.add_subcommand(command.name, command.help);
    std::deque<Slot>& slots = slots_.emplace_back();
    for (const Argument& argument : command.arguments) add(*app, argument, slots);
    if (command.run) {
      app->final_callback([this, app, &command, &slots] {
        chosen_ = &command;
        for (const Slot& slot : slots) {
          if (slot.option->count() > 0) arguments_.given[slot.name] = slot.text;
        }
      });
    }
    if (!command.commands.empty()) app->require_subcommand(1);
    for (const Command& inner : command.commands) attach(*app, inner);
  }

  // CLI11 asks for a sub-command where one is misspelt; the misspelt word says more.
  Fault wrong_usage(const CLI::ParseError& error) {
    const std::vector<Command>* commands = &commands_;
    std::string typed = "trainyard";
    const CLI::App* app = &app_;
    while (!app->get_subcommands().empty()) {
      app = app->get_subcommands().front();
      typed += " ";
      typed += app->get_name();
      for (const Command& command : *commands) {
        if (command.name == app->get_name()) {
          commands = &command.commands;
          break;
        }
      }
    }
    const std::vector<std::string> rest = app_.remaining(true);
    std::vector<std::string> names;
    for (const Command& command : *commands) names.push_back(command.name);
    if (rest.empty() || names.empty()) {
      return Fault(FaultKind::usage, error.what(), "`" + typed + " --help` says what there is");
    }
    const std::string nearest = nearest_name(rest.front(), names);
    return Fault(FaultKind::usage,
                 "`" + typed + "` has no command or option \"" + rest.front() + "\"",
                 nearest.empty() ? "`" + typed + " --help` says what there is"
                                 : "did you mean \"" + nearest + "\"?");
  }

  static void add(CLI::App& app, const Argument& argument, std::deque<Slot>& slots) {
    Slot& slot = slots.emplace_back();
    slot.name = argument.name;
    switch (argument.kind) {
      case ArgumentKind::flag:
        slot.option = app.add_flag(argument.name, argument.help);
        return;
      case ArgumentKind::positional:
        slot.option = app.add_option(argument.name, slot.text, argument.help)->required();
        return;
      case ArgumentKind::text:
        slot.option = app.add_option(argument.name, slot.text, argument.help);
        return;
      case ArgumentKind::optional_text:
        slot.option = app.add_option(argument.name, slot.text, argument.help)->expected(0, 1);
        return;
    }
  }

  CLI::App app_{
      "A virtual AWS Trainium: what a program computes there, how long it takes, how "
      "many joules it costs.",
      "trainyard"};
  const std::vector<Command> commands_;
  std::deque<std::deque<Slot>> slots_;
  const Command* chosen_ = nullptr;
  Arguments arguments_;
};

int status(FaultKind kind) {
  return static_cast<int>(kind);
}

int run(int argc, const char* const* argv) {
  try {
    return CommandLine().run(argc, argv);
  } catch (const Fault& fault) {
    std::fprintf(stderr, "trainyard: %s\n", fault.what());
    return status(fault.kind());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "trainyard: a bug of ours: %s (please report it with the command)\n",
                 error.what());
    return status(FaultKind::internal);
  }
}

}  // namespace
}  // namespace trainyard

int main(int argc, char** argv) {
  return trainyard::run(argc, argv);
}
