// SPDX-License-Identifier: Apache-2.0
// `trainyard sweep` as its user has it: killed, interrupted, on several processes.
#include <sys/types.h>
#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <thread>

#include <fcntl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_fixture.h"
#include "seed.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

constexpr const char* kScenario = R"(title = "small"
[system]
base = "trn2-ultraserver"
chips = 16
[model]
layers = 16
hidden = 2048
heads = 16
ffn = 8192
vocab = 65536
[training]
sequence = 4096
global_batch = 512
[plan]
micro_batch = 1
)";

// Points of a few milliseconds each: the model is read anew at every place.
constexpr const char* kSweep = R"(title = "many"
scenario = "step.toml"
[sweep]
"plan.tensor" = [1, 2, 4, 8]
"plan.pipeline" = [1, 2, 4, 8]
"plan.zero" = [0, 1, 2, 3]
"plan.recompute" = ["none", "full"]
"training.global_batch" = [512, 1024, 2048]
[monte_carlo]
seeds = 2
[monte_carlo.spread]
"system.level.network.bandwidth" = 0.3
)";
constexpr int kPoints = 4 * 4 * 4 * 2 * 3 * 2;

// A scenario and a sweep of each other kind, with as many points as follow.
struct OtherSweep {
  const char *name, *scenario, *sweep;
  int points;
};
const OtherSweep kOthers[] = {
    {"faults", "[faults]\njitter = 0.02\nslow_share = 0.1\nslow_speed = 0.9\n",
     "scenario = \"step.toml\"\nevaluate = \"faults\"\n[sweep]\n\"plan.tensor\" = [1, 2, 4]\n"
     "\"faults.jitter\" = [0.01, 0.02, 0.05, 0.1]\n[monte_carlo]\nseeds = 30\n",
     3 * 4 * 30},
    {"goodput", "[reliability]\nruns = 20\nvalidation_minutes = 60\n",
     "scenario = \"step.toml\"\nevaluate = \"goodput\"\n[sweep]\n\"reliability.disk_minutes\" = "
     "[5, 10, 30, 60]\n\"reliability.elastic\" = [false, true]\n[monte_carlo]\nseeds = 30\n",
     4 * 2 * 30},
    {"serving",
     "[serving]\nmax_batch = 64\n[requests]\ncount = 100\nper_s = 50\ninput_mean = 500\n"
     "input_cv = 1\noutput_mean = 100\noutput_cv = 1\n",
     "scenario = \"step.toml\"\n[sweep]\n\"plan.tensor\" = [2, 4, 8]\n\"requests.per_s\" = [20, "
     "50, "
     "100]\n[monte_carlo]\nseeds = 20\n[monte_carlo.spread]\n\"software.matmul_efficiency\" = "
     "0.1\n",
     3 * 3 * 20},
};

class SweepCommand : public Command {
 protected:
  void SetUp() override {
    write("step.toml", kScenario);
    write("sweep.toml", kSweep);
  }

  void use(const OtherSweep& other) const {
    std::string scenario = kScenario;
    if (std::string(other.name) == "serving") {
      scenario.erase(scenario.find("[training]"));
    }
    write("step.toml", scenario + other.scenario);
    write("sweep.toml", other.sweep);
  }
  // Kills it ten times at random, lets it end, and compares with one left alone.
  void kill_and_compare(int points, const std::string& name) const {
    std::mt19937_64 random(test::printed_seed());
    const Outcome whole = run(sweep(name + "-alone.sqlite"));
    ASSERT_EQ(whole.status, 0) << whole.err;
    int killed = 0;
    for (int round = 0; round < 10; ++round) {
      const pid_t child = start(name + "-killed.sqlite");
      std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 150));
      kill(child, SIGKILL);
      killed += WIFSIGNALED(status_of(child)) ? 1 : 0;
    }
    EXPECT_GT(killed, 0) << name;
    ASSERT_EQ(run(sweep(name + "-killed.sqlite", 2)).status, 0);
    const std::string alone = table(name + "-alone.sqlite");
    EXPECT_EQ(lines(alone), points) << name;
    EXPECT_EQ(alone.find("nan"), std::string::npos) << name;
    EXPECT_EQ(table(name + "-killed.sqlite"), alone) << name;
  }

  void write(const std::string& name, const std::string& text) const { own_.write(name, text); }
  std::string at(const std::string& name) const { return own_.at(name); }

  std::string sweep(const std::string& out, int threads = 1) const {
    return "sweep " + at("sweep.toml") + " --out " + at(out) + " --threads " +
           std::to_string(threads);
  }

  // Starts the command; its end is waited for by `status_of`.
  pid_t start(const std::string& out) const {
    const pid_t child = fork();
    if (child != 0) return child;
    const int nothing = open("/dev/null", O_RDWR);
    for (int stream = 0; stream < 3; ++stream) dup2(nothing, stream);
    execl(TRAINYARD_COMMAND, "trainyard", "sweep", at("sweep.toml").c_str(), "--out",
          at(out).c_str(), "--threads", "2", nullptr);
    _exit(127);
  }
  static int status_of(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  }

  // All rows in the order of their keys.
  std::string table(const std::string& out) const {
    const std::string text = at(out + ".txt");
    const std::string command =
        "python3 -c 'import sqlite3, sys\n"
        "for row in sqlite3.connect(sys.argv[1]).execute("
        "\"SELECT * FROM points ORDER BY key\"): print(row)' " +
        at(out) + " >" + text;
    EXPECT_EQ(std::system(command.c_str()), 0);
    return contents(text);
  }
  static long lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }
};

TEST_F(SweepCommand, KilledTenTimesEndsWithTheTableOfOneLeftAlone) {
  kill_and_compare(kPoints, "steps");
}

TEST_F(SweepCommand, OfFaultsGoodputAndServingEndsWithTheTableOfOneLeftAloneToo) {
  for (const OtherSweep& other : kOthers) {
    use(other);
    kill_and_compare(other.points, other.name);
  }
}

TEST_F(SweepCommand, InterruptedSaysSoAndKeepsWhatIsFinished) {
  const pid_t child = start("out.sqlite");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  kill(child, SIGINT);
  const int status = status_of(child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) GTEST_SKIP() << "it was done before";
  // Before the sweep begins the signal ends the process itself.
  if (WIFSIGNALED(status)) GTEST_SKIP() << "it had not begun";
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_LT(lines(table("out.sqlite")), kPoints);
  ASSERT_EQ(run(sweep("out.sqlite")).status, 0);
  EXPECT_EQ(lines(table("out.sqlite")), kPoints);
}

TEST_F(SweepCommand, GivesTheSameTableOnOneTwoAndFourMpiProcesses) {
  ASSERT_EQ(run(sweep("alone.sqlite")).status, 0);
  const std::string alone = table("alone.sqlite");
  for (const int processes : {1, 2, 4}) {
    const std::string out = "mpi" + std::to_string(processes) + ".sqlite";
    const std::optional<Outcome> outcome = run_mpi(processes, sweep(out));
    if (!outcome) GTEST_SKIP() << "there is no mpirun, or no MPI in the build";
    ASSERT_EQ(outcome->status, 0) << outcome->err;
    EXPECT_EQ(table(out), alone) << processes;
  }
}

TEST_F(SweepCommand, OfFaultsGoodputAndServingGivesTheSameTableOnOneAndFourMpiProcesses) {
  for (const OtherSweep& other : kOthers) {
    use(other);
    const std::string name = other.name;
    ASSERT_EQ(run(sweep(name + ".sqlite")).status, 0);
    for (const int processes : {1, 4}) {
      const std::string out = name + std::to_string(processes) + ".sqlite";
      const std::optional<Outcome> outcome = run_mpi(processes, sweep(out));
      if (!outcome) GTEST_SKIP() << "there is no mpirun, or no MPI in the build";
      ASSERT_EQ(outcome->status, 0) << outcome->err;
      EXPECT_EQ(table(out), table(name + ".sqlite")) << processes;
    }
  }
}

TEST_F(SweepCommand, RefusesWrongOptionsWithStatus2AndAWayOut) {
  const std::string file = at("sweep.toml");
  EXPECT_THAT(run("sweep " + file).err, HasSubstr("give --out FILE.sqlite"));
  for (const char* part : {"3", "3/3", "-1/4", "a/b", "1/0"}) {
    const Outcome outcome = run(sweep("x.sqlite") + " --part=" + part);
    EXPECT_EQ(outcome.status, 2) << part;
    EXPECT_THAT(outcome.err, HasSubstr("of 16 parts the first is 0/16")) << part;
  }
  EXPECT_THAT(run(sweep("x.sqlite", 0)).err, HasSubstr("from 1 to 1024"));
  EXPECT_THAT(run(sweep("x.sqlite") + " --slurm " + at("job.sh") + " --parts 1").err,
              HasSubstr("from 2 to 100000"));
}

}  // namespace
}  // namespace trainyard
