// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cli/command_fixture.h"

namespace trainyard {
namespace {

const std::string kScenario = TRAINYARD_SOURCE_DIR "/examples/clusters/deepseek-v3-trn3-9216.toml";

using ClusterCommand = Command;

TEST_F(ClusterCommand, writes_a_report_and_says_nothing) {
  const Outcome outcome = run("cluster " + kScenario + " --report " + folder_ + "/report.html");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out + outcome.err, "");
  const std::string page = contents(folder_ + "/report.html");
  EXPECT_EQ(page.rfind("<!DOCTYPE html>", 0), 0u);
  EXPECT_NE(page.find("base = &quot;trn3-gen2&quot;"), std::string::npos);  // the file itself
}

TEST_F(ClusterCommand, gives_a_report_and_json_at_once) {
  const Outcome outcome =
      run("cluster " + kScenario + " --report " + folder_ + "/report.html --json");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out.front(), '{');
  EXPECT_FALSE(contents(folder_ + "/report.html").empty());
}

TEST_F(ClusterCommand, says_where_a_report_cannot_be_written) {
  const Outcome outcome = run("cluster " + kScenario + " --report " + folder_ + "/no/report.html");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("cannot write " + folder_ + "/no/report.html"), std::string::npos);
}

}  // namespace
}  // namespace trainyard
