// SPDX-License-Identifier: Apache-2.0
#include "report/run_json.h"

#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "report/result_fixture.h"

namespace trainyard {
namespace {

nlohmann::json json_of(const KernelFixture& kernel) {
  return nlohmann::json::parse(run_json(result_of(kernel)));
}

TEST(RunJson, HoldsTheWholeResult) {
  const KernelFixture kernel;
  const nlohmann::json json = json_of(kernel);
  EXPECT_EQ(json["schema"], kRunSchema);
  EXPECT_EQ(json["kernel"], "small_kernel");
  EXPECT_EQ(json["machine"]["name"], "trn2");
  EXPECT_EQ(json["numerics"], "exact");
  EXPECT_THAT(json["program_hash"], ::testing::MatchesRegex("[0-9a-f]{16}"));
  EXPECT_EQ(json["time_us"], 10.0);
  EXPECT_EQ(json["instructions"], 4);
  EXPECT_EQ(json["matmul"]["macs"]["bf16"], KernelFixture::kMacs);
  EXPECT_EQ(json["hbm"]["read_bytes"], KernelFixture::kInBytes);
  EXPECT_EQ(json["engines"]["tensor"]["busy_us"], 1.0);
  EXPECT_EQ(json["engines"]["tensor"]["busy_share"], 0.1);
  EXPECT_EQ(json["instruction_kinds"][0]["name"], "dma_copy");
  EXPECT_EQ(json["instruction_kinds"][0]["instructions"], 2);
  EXPECT_EQ(json["instruction_kinds"][0]["transferring_us"], 4.0);
  EXPECT_EQ(json["source_lines"].size(), 4u);
  EXPECT_EQ(json["tensors"].size(), 6u);
  EXPECT_EQ(json["tensors"][3]["space"], "psum");
  EXPECT_EQ(json["energy"]["watts_by_window"].size(), 10u);
  ASSERT_EQ(json["dma_queues"].size(), 1u);
  EXPECT_EQ(json["dma_queues"][0]["queue"], "sync");
  EXPECT_EQ(json["dma_queues"][0]["transfers"], 2);
}

TEST(RunJson, NamesWhoWaitedForWhom) {
  const nlohmann::json stalls = json_of(KernelFixture())["stalls"];
  ASSERT_EQ(stalls.size(), 3u);
  EXPECT_EQ(stalls[0]["line"], 14);
  EXPECT_EQ(stalls[0]["reason"], "operand");
  EXPECT_EQ(stalls[0]["waited_us"], 6.0);
  EXPECT_EQ(stalls[0]["longest_waited_for"]["instruction"], 2);
  EXPECT_EQ(stalls[0]["longest_waited_for"]["line"], 13);
}

TEST(RunJson, SumsItsEnergyOverItsComponents) {
  const nlohmann::json energy = json_of(KernelFixture())["energy"];
  double sum = 0;
  for (const auto& component : energy["components"]) sum += component["energy_j"].get<double>();
  EXPECT_NEAR(sum, energy["total_j"].get<double>(), 1e-15);
  EXPECT_GT(energy["board_input_j"], energy["total_j"]);
  EXPECT_EQ(energy["absolute_error_percent"], 30);
  EXPECT_EQ(energy["ratio_error_percent"], 15);
  EXPECT_LT(energy["total_j_if_data_mostly_zero"], energy["total_j"]);
  EXPECT_NEAR(energy["chip"]["average_w"].get<double>(), 8 * energy["average_w"].get<double>(),
              1e-9);
  EXPECT_EQ(energy["ultraserver"]["chips"], 64);
  EXPECT_GE(energy["assumptions"].size(), 4u);
}

void collect_keys(const nlohmann::json& json, std::set<std::string>& keys) {
  for (const auto& [key, value] : json.items()) {
    if (json.is_object()) keys.insert(key);
    if (value.is_structured()) collect_keys(value, keys);
  }
}

TEST(RunJson, HasNoKeyThatTheDocumentDoesNotDescribe) {
  KernelFixture kernel;
  kernel.timeline.placement.spills.push_back({.tensor = 1, .bytes = 2048});
  RunResult result = result_of(kernel);
  add_unwritten_read(result);
  std::set<std::string> keys;
  collect_keys(nlohmann::json::parse(run_json(result)), keys);
  std::ifstream file(std::string(TRAINYARD_SOURCE_DIR) + "/docs/json.md");
  std::stringstream document;
  document << file.rdbuf();
  for (const std::string& key : keys) {
    EXPECT_THAT(document.str(), ::testing::HasSubstr("`" + key + "`"));
  }
}

}  // namespace
}  // namespace trainyard
