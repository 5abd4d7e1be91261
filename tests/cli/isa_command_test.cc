// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_fixture.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(Command, ListsTheInstructions) {
  const Outcome outcome = run("isa list");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("\nnc_matmul "));
  EXPECT_THAT(outcome.out, HasSubstr("\ntensor_tensor_scan "));
}

TEST_F(Command, ShowsOneInstruction) {
  const Outcome outcome = run("isa show nc_matmul");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, StartsWith("nc_matmul(dst, stationary, moving, "));
  EXPECT_THAT(outcome.out, HasSubstr("\nengines                tensor\n"));
}

TEST_F(Command, NamesTheInstructionThatAMisspeltOneMeant) {
  const Outcome outcome = run("isa show nc_matmull");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("did you mean \"nc_matmul\"?"));
}

}  // namespace
}  // namespace trainyard
