// SPDX-License-Identifier: Apache-2.0
// `trainyard plan` as its user has it: on threads and processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_fixture.h"

namespace trainyard {
namespace {

constexpr const char* kScenario = R"(title = "small"
[system]
base = "trn2-ultraserver"
chips = 64
[model]
layers = 16
hidden = 4096
heads = 32
ffn = 16384
vocab = 65536
[training]
sequence = 4096
global_batch = 512
)";

class PlanCommand : public Command {
 protected:
  void SetUp() override { own_.write("small.toml", kScenario); }
  std::string plan(int threads) const {
    return "plan " + own_.at("small.toml") + " --json --threads " + std::to_string(threads);
  }
};

TEST_F(PlanCommand, GivesTheSameOnOneTwoAndFourMpiProcessesOfOneAndTwoThreads) {
  const Outcome alone = run(plan(1));
  ASSERT_EQ(alone.status, 0) << alone.err;
  EXPECT_EQ(run(plan(2)).out, alone.out);
  for (const int processes : {1, 2, 4}) {
    for (const int threads : {1, 2}) {
      const std::optional<Outcome> outcome = run_mpi(processes, plan(threads));
      if (!outcome) GTEST_SKIP() << "there is no mpirun, or no MPI in the build";
      ASSERT_EQ(outcome->status, 0) << outcome->err;
      EXPECT_EQ(outcome->out, alone.out) << processes << " x " << threads;
    }
  }
}

TEST_F(PlanCommand, SaysOnceWhatFitsNowhere) {
  std::string text = kScenario;
  own_.write("small.toml", text.replace(text.find("16384"), 5, "16384000"));
  const Outcome alone = run(plan(1));
  EXPECT_EQ(alone.status, 3);
  EXPECT_THAT(alone.err, ::testing::HasSubstr("more chips, about"));
  const std::optional<Outcome> outcome = run_mpi(4, plan(1));
  if (!outcome) GTEST_SKIP() << "there is no mpirun, or no MPI in the build";
  EXPECT_EQ(outcome->status, 3);
  const std::string words = "fits into";
  EXPECT_NE(outcome->err.find(words), std::string::npos);
  EXPECT_EQ(outcome->err.find(words), outcome->err.rfind(words));
}

}  // namespace
}  // namespace trainyard
