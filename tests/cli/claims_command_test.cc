// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_fixture.h"

namespace trainyard {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

using ClaimsCommand = Command;

TEST_F(ClaimsCommand, PrintsEveryClaimWithItsRatiosAndTheirError) {
  const Outcome outcome = run("claims");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, HasSubstr("ratios are good to +-15 %, watts to +-30 %"));
  EXPECT_THAT(outcome.out, ContainsRegex("chip pages: best 8-bit format [^\n]* 4\\.36 +holds"));
  EXPECT_THAT(outcome.out, ContainsRegex("machine files: HBM [^\n]* 3\\.3[78] +does not hold"));
  EXPECT_THAT(outcome.out,
              ContainsRegex("reference load, 8-bit, chip [^\n]* 1\\.[345][0-9] [^\n]* holds"));
  EXPECT_THAT(outcome.out, HasSubstr("Here it is not modelled."));
  EXPECT_THAT(outcome.out, HasSubstr("PUE are assumed"));
}

TEST_F(ClaimsCommand, WritesItsJsonToAFile) {
  EXPECT_EQ(run("claims --json " + folder_ + "/c.json").out, "");
  const std::string json = contents(folder_ + "/c.json");
  EXPECT_THAT(json, HasSubstr("\"schema\": \"trainyard.claims.1\""));
  EXPECT_THAT(json, HasSubstr("\"ratio_error_percent\": 15"));
  EXPECT_EQ(run("claims --json /nonexistent/c.json").status, 2);
}

TEST_F(ClaimsCommand, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(run("claims trn1").status, 2);
}

}  // namespace
}  // namespace trainyard
