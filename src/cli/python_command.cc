// SPDX-License-Identifier: Apache-2.0
#include "cli/python_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/fault.h"

namespace trainyard {
namespace {

// python -c: as -m, but without the current folder before the installed packages, and with a word
// about a missing package.
constexpr const char* kStart = R"(
import sys
if sys.path and sys.path[0] == '':
    del sys.path[0]
try:
    import {0} as command
except ModuleNotFoundError as missing:
    print(f'trainyard: {{sys.executable}} has no module {{missing.name}} (install the trainyard '
          'wheel there, or set TRAINYARD_PYTHON to a python3 that has it)', file=sys.stderr)
    sys.exit(2)
sys.path.insert(0, '')
sys.exit(command.main())
)";

// The interpreter that has the Python package: the one the command was installed with.
std::string python() {
  std::error_code unknown;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", unknown);
  if (!unknown) {
    const auto beside = self.parent_path() / "python3";
    if (::access(beside.c_str(), X_OK) == 0) return beside.string();
  }
  const char* chosen = std::getenv("TRAINYARD_PYTHON");
  return chosen != nullptr && *chosen != '\0' ? chosen : "python3";
}

Command python_command(const std::string& name, const std::string& help,
                       const std::string& module) {
  Command command{name, help};
  command.run = [module](const Arguments& arguments) {
    const std::string interpreter = python();
    std::vector<std::string> words = {interpreter, "-c", fmt::format(kStart, module)};
    words.insert(words.end(), arguments.rest.begin(), arguments.rest.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execvp(interpreter.c_str(), argv.data());
    throw Fault(FaultKind::usage, "Python is needed and cannot be started: " + interpreter,
                "set TRAINYARD_PYTHON to a python3 with the trainyard package");
    return 0;
  };
  command.passes_rest = true;
  return command;
}

}  // namespace

Command run_command() {
  return python_command("run", "a Python script with NKI kernels, on a simulated machine",
                        "trainyard.run");
}

Command explain_command() {
  return python_command("explain", "why a run took so long, from the JSON of `trainyard run`",
                        "trainyard.explain");
}

Command validate_command() {
  return python_command("validate", "the model against published measurements",
                        "trainyard.validate");
}

}  // namespace trainyard
