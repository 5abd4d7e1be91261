// SPDX-License-Identifier: Apache-2.0
// `trainyard run` up to the start of Python, which does it; the rest: tests/python.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/command_fixture.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

class RunCommand : public Command {
 protected:
  // A python that tells the words after `-c CODE` and ends with 7.
  void SetUp() override {
    Command::SetUp();
    const std::string python = folder_ + "/python";
    std::ofstream(python) << "#!/bin/sh\nshift 2\nfor word; do echo \"[$word]\"; done\nexit 7\n";
    std::filesystem::permissions(python, std::filesystem::perms::owner_all);
    setenv("TRAINYARD_PYTHON", python.c_str(), 1);
  }
  void TearDown() override {
    unsetenv("TRAINYARD_PYTHON");
    Command::TearDown();
  }
};

TEST_F(RunCommand, HandsEveryWordToPythonAsItIs) {
  const Outcome outcome = run("run --machine trn3 'a script.py' '' -v -- --help machine list");
  EXPECT_EQ(outcome.out,
            "[--machine]\n[trn3]\n[a script.py]\n[]\n[-v]\n[--]\n[--help]\n[machine]\n[list]\n");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(RunCommand, LeavesItsHelpToPython) {
  EXPECT_EQ(run("run --help").out, "[--help]\n");
}

TEST_F(RunCommand, KeepsTheStatusOfPython) {
  EXPECT_EQ(run("run script.py").status, 7);
}

TEST_F(RunCommand, EndsWith2WherePythonCannotBeStarted) {
  setenv("TRAINYARD_PYTHON", (folder_ + "/none").c_str(), 1);
  const Outcome outcome = run("run script.py");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("TRAINYARD_PYTHON"));
}

TEST_F(RunCommand, IsListedInTheHelp) {
  EXPECT_THAT(run("--help").out, HasSubstr("run"));
}

}  // namespace
}  // namespace trainyard
