// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_fixture.h"

namespace trainyard {
namespace {

const std::string kScenario = TRAINYARD_SOURCE_DIR "/examples/clusters/deepseek-v3-trn3-9216.toml";

const std::string kTenTrillion = TRAINYARD_SOURCE_DIR "/examples/ten-trillion";

using ::testing::HasSubstr;
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

TEST_F(ClusterCommand, explains_ten_trillion_parameters_on_9216_chips_and_more) {
  for (const char* chips : {"9216", "100000", "1000080"}) {
    const Outcome outcome = run("cluster " + kTenTrillion + "/train-" + chips + ".toml --report " +
                                folder_ + "/report.html");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(contents(folder_ + "/report.html").find("What limits it"), std::string::npos);
  }
}

TEST_F(ClusterCommand, says_that_ten_trillion_do_not_train_on_144_chips_and_serves_them_there) {
  const Outcome training = run("cluster " + kTenTrillion + "/train-144.toml");
  EXPECT_EQ(training.status, 3);
  EXPECT_THAT(training.err, HasSubstr("needs 294.6 GiB of 36.0"));
  EXPECT_THAT(training.err, HasSubstr("are 181.1 TB, and 144 chips have 22.27"));
  const Outcome serving = run("cluster " + kTenTrillion + "/serve-144.toml");
  EXPECT_EQ(serving.status, 0) << serving.err;
  EXPECT_THAT(serving.out, HasSubstr("output tokens"));
}

TEST_F(ClusterCommand, writes_the_times_of_operators_that_it_reads_again) {
  const std::string scenario = contents(kScenario);
  const Outcome written = run("cluster " + kScenario + " --operators " + folder_ + "/times.csv");
  EXPECT_EQ(written.status, 0) << written.err;
  EXPECT_EQ(written.out, "");
  const std::string config = "config = \"";
  std::string changed = scenario;
  changed.replace(changed.find(config), config.size(),
                  config + TRAINYARD_SOURCE_DIR "/examples/clusters/");
  own_.write("again.toml", changed + "[operators]\ntable = \"times.csv\"\n");
  const Outcome again = run("cluster " + folder_ + "/again.toml");
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("% from the table"));
}

TEST_F(ClusterCommand, reports_a_served_model_as_page_text_and_json_with_what_it_rests_on) {
  const std::string scenario = TRAINYARD_SOURCE_DIR "/examples/gpt-oss-120b-serving/trn3.toml";
  const Outcome outcome = run("cluster " + scenario + " --report " + folder_ + "/s.html --json");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("\"ttft_p99_low_s\""));
  const std::string page = contents(folder_ + "/s.html");
  EXPECT_THAT(page, HasSubstr("How long requests wait"));
  EXPECT_THAT(page, HasSubstr("expert_compute = &quot;fp4&quot;"));  // the file itself
  EXPECT_THAT(run("cluster " + scenario).out, HasSubstr("assumed numbers, each moved by 25 %"));
}

TEST_F(ClusterCommand, says_where_a_report_cannot_be_written) {
  const Outcome outcome = run("cluster " + kScenario + " --report " + folder_ + "/no/report.html");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("cannot write " + folder_ + "/no/report.html"), std::string::npos);
}

double step_of(const std::string& json) {
  const std::string key = "\"step_s\": ";
  return std::stod(json.substr(json.find(key) + key.size()));
}

bool no_protobuf(const Outcome& outcome) {
  return outcome.err.find("this build of Trainyard cannot") != std::string::npos;
}

TEST_F(ClusterCommand, writes_a_step_as_traces_and_reads_them_back) {
  const std::string scenario = TRAINYARD_SOURCE_DIR "/examples/clusters/llama-3-405b-h100.toml";
  const Outcome written = run("cluster " + scenario + " --chakra-out " + folder_ + "/t --json");
  if (no_protobuf(written)) GTEST_SKIP();
  ASSERT_EQ(written.status, 0) << written.err;
  own_.write("back.toml",
             "[system]\nbase = \"hgx-h100\"\nchips = 16384\n[workload]\nchakra = \"t\"\n"
             "groups = \"t.groups.json\"\nrepresents = 1024\n"
             "[software]\nprofile = \"megatron-core\"\n");
  const Outcome read = run("cluster " + folder_ + "/back.toml --json");
  ASSERT_EQ(read.status, 0) << read.err;
  EXPECT_NEAR(step_of(read.out) / step_of(written.out), 1, 0.02);
  const Outcome text = run("cluster " + folder_ + "/back.toml");
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_NE(text.out.find("16, each for 1024 ranks"), std::string::npos) << text.out;
}

TEST_F(ClusterCommand, names_the_trace_that_is_wrong) {
  own_.write("t.0.et", "no trace");
  own_.write("back.toml", "[system]\nbase = \"hgx-h100\"\nchips = 1\n[workload]\nchakra = \"t\"\n");
  const Outcome outcome = run("cluster " + folder_ + "/back.toml");
  if (no_protobuf(outcome)) GTEST_SKIP();
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find(folder_ + "/t.0.et: message 0 at byte 0 of 8"), std::string::npos)
      << outcome.err;
  EXPECT_EQ(run("cluster " + folder_ + "/back.toml --report x.html").status, 4);
}

}  // namespace
}  // namespace trainyard
