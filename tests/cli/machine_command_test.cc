// SPDX-License-Identifier: Apache-2.0
// The built command, run as a user runs it.
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trainyard {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Outcome {
  int status = -1;
  std::string out, err;
};

std::string contents(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class Command : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "command_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Outcome run(const std::string& arguments) const {
    const std::string command = std::string(TRAINYARD_COMMAND " ") + arguments + " >" + folder_ +
                                "/out 2>" + folder_ + "/err </dev/null";
    const int waited = std::system(command.c_str());
    return {WIFEXITED(waited) ? WEXITSTATUS(waited) : -1, contents(folder_ + "/out"),
            contents(folder_ + "/err")};
  }

  std::string folder_;
};

TEST_F(Command, ListsTheMachines) {
  const Outcome outcome = run("machine list");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("trn3  gen4  Trainium3"));
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
