// SPDX-License-Identifier: Apache-2.0
#include "workload/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trainyard {
namespace {

using ::testing::HasSubstr;

Model from_toml(const std::string& text) {
  const Document document = parse_toml(text, "m.toml");
  TableReader table(document);
  return read_model(table);
}

std::string fault_of_config(const std::string& text) {
  try {
    model_of_config(parse_json(text, "config.json"));
  } catch (const Fault& fault) {
    return fault.message();
  }
  return "no fault";
}

TEST(Model, LlamaHasTheParametersOfItsName) {
  const Model model = from_toml(
      "layers = 126\nhidden = 16384\nheads = 128\nkv_heads = 8\nffn = 53248\nvocab = 128256\n");
  EXPECT_NEAR(model.parameters(), 405.85e9, 0.1e9);
  EXPECT_EQ(model.head_dim, 128);
}

TEST(Model, DeepSeekV3HasTheParametersOfItsReport) {
  // arXiv 2412.19437: 671B in all, 37B active; the multi-token module adds 14B of weights.
  const Model model = model_of_config(parse_json(R"({"model_type": "deepseek_v3",
    "num_hidden_layers": 61, "hidden_size": 7168, "num_attention_heads": 128,
    "num_key_value_heads": 128, "intermediate_size": 18432, "vocab_size": 129280,
    "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128,
    "v_head_dim": 128, "n_routed_experts": 256, "num_experts_per_tok": 8, "n_shared_experts": 1,
    "moe_intermediate_size": 2048, "first_k_dense_replace": 3, "topk_group": 4})",
                                                 "config.json"));
  EXPECT_NEAR(model.parameters(), 671e9, 2e9);
  EXPECT_NEAR(model.active_parameters(), 37e9, 1e9);
  EXPECT_DOUBLE_EQ(model.kv_bytes_per_token(2), 61 * 576 * 2);
}

TEST(Model, GptOssHasTheParametersOfItsCard) {
  // openai/gpt-oss-120b: 116.8B in all, 5.1B active.
  const Model model = model_of_config(parse_json(R"({"model_type": "gpt_oss",
    "num_hidden_layers": 36, "hidden_size": 2880, "num_attention_heads": 64,
    "num_key_value_heads": 8, "head_dim": 64, "intermediate_size": 2880, "vocab_size": 201088,
    "num_local_experts": 128, "num_experts_per_tok": 4, "sliding_window": 128})",
                                                 "config.json"));
  EXPECT_NEAR(model.parameters(), 116.8e9, 1e9);
  EXPECT_NEAR(model.active_parameters(), 5.1e9, 0.4e9);
  EXPECT_EQ(model.window, 128);
}

TEST(Model, WhatIsWrongInAConfigIsSaidWithItsLine) {
  EXPECT_THAT(fault_of_config("{\n\"model_type\": \"lama\"}"),
              HasSubstr("config.json:2: model_type: the architecture \"lama\" is not known"));
  EXPECT_THAT(fault_of_config("{\n\"model_type\": \"lama\"}"),
              HasSubstr("did you mean \"llama\"?"));
  EXPECT_THAT(fault_of_config("{\"hidden_size\": 3}"), HasSubstr("names its model_type"));
  EXPECT_THAT(fault_of_config("{\"model_type\": \"llama\",\n\"hidden_size\""),
              HasSubstr("config.json:2: not JSON"));
  EXPECT_THAT(fault_of_config("{\"model_type\": \"llama\"}"),
              HasSubstr("\"num_hidden_layers\" is missing"));
  EXPECT_THAT(fault_of_config("{\"model_type\": \"llama\",\n\"num_hidden_layers\": -3}"),
              HasSubstr("config.json:2: num_hidden_layers"));
  EXPECT_THAT(fault_of_config("[1]"), HasSubstr("is no object"));
}

}  // namespace
}  // namespace trainyard
