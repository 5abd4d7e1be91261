// SPDX-License-Identifier: Apache-2.0
// The built command, run as a user runs it.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
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

  // The command on so many MPI processes; nothing where there is no mpirun or no MPI in the build.
  std::optional<Outcome> run_mpi(int processes, const std::string& arguments) const {
    if (std::system("command -v mpirun >/dev/null") != 0) return {};
    // Open MPI's way to have more processes than cores, also as root in a container.
    const std::string command =
        "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "
        "OMPI_MCA_rmaps_base_oversubscribe=1 mpirun -n " +
        std::to_string(processes) + " " TRAINYARD_COMMAND " " + arguments + " >" + folder_ +
        "/out 2>" + folder_ + "/err </dev/null";
    const int waited = std::system(command.c_str());
    const std::string err = contents(folder_ + "/err");
    if (err.find("knows no MPI") != std::string::npos) return {};
    return Outcome{WIFEXITED(waited) ? WEXITSTATUS(waited) : -1, contents(folder_ + "/out"), err};
  }

  TemporaryFolder own_;
  const std::string folder_ = own_.path();
};

}  // namespace trainyard
