// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_fixture.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(Command, ListsTheMachines) {
  const Outcome outcome = run("machine list");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, ::testing::ContainsRegex("trn3 +gen4  Trainium3 "));
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Command, ShowsSourcesWhenAsked) {
  EXPECT_THAT(run("machine show trn2 --sources").out, HasSubstr("source: "));
  EXPECT_THAT(run("machine show trn2").out, ::testing::Not(HasSubstr("source: ")));
}

TEST_F(Command, ComparesUltraServersAsAwsDoes) {
  const Outcome outcome = run("machine compare trn2 trn3");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, ::testing::ContainsRegex("UltraServer, fp8 [^\n]*4\\.360\n"));
}

TEST_F(Command, ComparesTheEnergyOfTheReferenceLoad) {
  const Outcome outcome = run("machine compare trn2 trn3");
  EXPECT_THAT(outcome.out, ::testing::ContainsRegex("chip, efficiency [^\n]*1\\.4[0-2][0-9]\n"));
}

TEST_F(Command, WritesJsonWithUnitsToStandardOutputOrAFile) {
  const Outcome outcome = run("machine show trn2 --json");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, StartsWith("{\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\"clock_hz\": 2400000000"));
  EXPECT_EQ(run("machine show trn2 --json " + folder_ + "/m.json").out, "");
  EXPECT_EQ(contents(folder_ + "/m.json"), outcome.out);
}

TEST_F(Command, TakesAWhatIfFile) {
  std::ofstream(folder_ + "/w.toml") << "base = \"trn3\"\n[hbm]\nbandwidth = 9.8\n";
  const Outcome outcome = run("machine compare trn3 " + folder_ + "/w.toml");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, ::testing::ContainsRegex("hbm\\.bandwidth [^\n]*2\\.000\n"));
}

TEST_F(Command, AnswersWrongUsageWithStatus2AndAWayOut) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "--help"},
      {"machne", "did you mean \"machine\"?"},
      {"machine", "--help"},
      {"machine shw trn2", "did you mean \"show\"?"},
      {"machine show", "NAME is required"},
      {"machine show trm2", "did you mean \"trn2\"?"},
      {"machine show trn2 --bogus", "--bogus"},
      {"machine show /nonexistent/m.toml", "cannot read"},
      {"machine compare trn1", "B is required"},
      {"machine list --json /nonexistent/m.json", "cannot write"},
  };
  for (const auto& [arguments, part] : cases) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
    EXPECT_THAT(outcome.err, StartsWith("trainyard: ")) << arguments;
    EXPECT_THAT(outcome.err, HasSubstr(part)) << arguments;
  }
}

TEST_F(Command, AFullDiskIsAFaultNotASilentLoss) {
  const std::string command = TRAINYARD_COMMAND " machine show trn2 >/dev/full 2>/dev/null";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 2);
}

TEST_F(Command, SaysItsVersionAndHelps) {
  EXPECT_THAT(run("--version").out, ::testing::MatchesRegex("trainyard [0-9.]+\n"));
  const Outcome outcome = run("machine --help");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("compare"));
}

}  // namespace
}  // namespace trainyard
