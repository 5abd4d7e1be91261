// SPDX-License-Identifier: Apache-2.0
// The built command, run as a user runs it.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "temporary_folder.h"

namespace trainyard {

struct Outcome {
  int status = -1;
  std::string out, err;
};

inline std::string contents(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class Command : public ::testing::Test {
 protected:
  Outcome run(const std::string& arguments) const {
    const std::string command = std::string(TRAINYARD_COMMAND " ") + arguments + " >" + folder_ +
                                "/out 2>" + folder_ + "/err </dev/null";
    const int waited = std::system(command.c_str());
    return {WIFEXITED(waited) ? WEXITSTATUS(waited) : -1, contents(folder_ + "/out"),
            contents(folder_ + "/err")};
  }

  TemporaryFolder own_;
  const std::string folder_ = own_.path();
};

}  // namespace trainyard
