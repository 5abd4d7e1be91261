// SPDX-License-Identifier: Apache-2.0
// Hugging Face's config.json: its keys by the classes that transformers has for them.
#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "base/nearest.h"
#include "workload/model.h"

namespace trainyard {
namespace {

// By `model_type`. `latent`: DeepSeek's attention; `plain`: one up projection.
struct Architecture {
  const char* type;
  bool gated;
  bool encoder;
};

constexpr Architecture kArchitectures[] = {
    {"llama", true, false},       {"mistral", true, false},     {"mixtral", true, false},
    {"qwen2", true, false},       {"qwen3", true, false},       {"qwen2_moe", true, false},
    {"qwen3_moe", true, false},   {"gemma", true, false},       {"gemma2", true, false},
    {"deepseek_v2", true, false}, {"deepseek_v3", true, false}, {"kimi_k2", true, false},
    {"gpt_oss", true, false},     {"gpt2", false, false},       {"gpt_neox", false, false},
    {"opt", false, false},        {"falcon", false, false},     {"bert", false, true},
    {"nemotron", false, false},   {"phi3", true, false},        {"glm4_moe", true, false},
};

class ConfigReader {
 public:
  explicit ConfigReader(const Document& config) : config_(config) {}

  Model read() {
    const Architecture& architecture = known_architecture();
    Model model;
    model.gated = architecture.gated;
    model.encoder = architecture.encoder;
    model.name = words({"_name_or_path", "name"}, architecture.type);
    model.layers = count({"num_hidden_layers", "n_layer", "num_layers"});
    model.hidden = count({"hidden_size", "n_embd"});
    model.heads = count({"num_attention_heads", "n_head"});
    model.kv_heads = count({"num_key_value_heads", "num_kv_heads"}, model.heads);
    model.head_dim = count({"head_dim"}, std::max<std::int64_t>(1, model.hidden / model.heads));
    model.vocab = count({"vocab_size"});
    model.ffn = count({"intermediate_size", "n_inner", "ffn_dim"}, 4 * model.hidden);
    model.tied = truth("tie_word_embeddings", false);
    read_window(model);
    read_latent(model);
    read_experts(model);
    model.mtp_layers = count({"num_nextn_predict_layers"}, 0);
    check_model(model, fault("num_hidden_layers", ""));
    return model;
  }

 private:
  Fault fault(const char* key, const std::string& rule, const std::string& hint = {}) const {
    const DocumentNode* node = config_.root.find(key);
    Fault made(FaultKind::usage, rule, hint);
    made.at({config_.file, node == nullptr ? 1 : node->line}).in(key);
    return made;
  }

  const Architecture& known_architecture() const {
    std::vector<std::string> names;
    for (const Architecture& known : kArchitectures) names.emplace_back(known.type);
    const DocumentNode* type = config_.root.find("model_type");
    if (type == nullptr || !type->is(DocumentNode::Kind::words)) {
      throw fault("model_type", "a config.json names its model_type",
                  fmt::format("known are {}", fmt::join(names, ", ")));
    }
    for (const Architecture& known : kArchitectures) {
      if (type->words == known.type) return known;
    }
    const std::string nearest = nearest_name(type->words, names);
    throw fault("model_type", fmt::format("the architecture \"{}\" is not known", type->words),
                fmt::format("{}known are {}; others are described by [model] keys: layers, "
                            "hidden, heads …",
                            nearest.empty() ? "" : fmt::format("did you mean \"{}\"? ", nearest),
                            fmt::join(names, ", ")));
  }

  const DocumentNode* first(const std::vector<const char*>& keys) const {
    for (const char* key : keys) {
      const DocumentNode* node = config_.root.find(key);
      if (node != nullptr && !node->is(DocumentNode::Kind::null)) return node;
    }
    return nullptr;
  }

  std::int64_t count(const std::vector<const char*>& keys,
                     std::optional<std::int64_t> otherwise = {}) const {
    const DocumentNode* node = first(keys);
    if (node == nullptr) {
      if (otherwise.has_value()) return *otherwise;
      throw fault(keys.front(), fmt::format("\"{}\" is missing", keys.front()),
                  "a config.json of this architecture has it");
    }
    if (!node->is(DocumentNode::Kind::number) || node->number != std::floor(node->number) ||
        node->number < (otherwise.has_value() ? 0 : 1) || node->number > 1e9) {
      throw fault(keys.front(), "the value is a whole number from 1 to 1e9");
    }
    return static_cast<std::int64_t>(node->number);
  }

  bool truth(const char* key, bool otherwise) const {
    const DocumentNode* node = first({key});
    if (node == nullptr) return otherwise;
    if (!node->is(DocumentNode::Kind::truth)) throw fault(key, "the value is true or false");
    return node->truth;
  }

  std::string words(const std::vector<const char*>& keys, const char* otherwise) const {
    const DocumentNode* node = first(keys);
    return node != nullptr && node->is(DocumentNode::Kind::words) && !node->words.empty()
               ? node->words
               : otherwise;
  }

  void read_window(Model& model) const {
    if (!truth("use_sliding_window", true)) return;
    model.window = count({"sliding_window"}, 0);
    if (model.window == 0) return;
    model.window_layers = model.layers;
    const DocumentNode* types = first({"layer_types"});
    if (types == nullptr || !types->is(DocumentNode::Kind::list)) return;
    model.window_layers =
        std::count_if(types->items.begin(), types->items.end(),
                      [](const DocumentNode& type) { return type.words == "sliding_attention"; });
  }

  void read_latent(Model& model) const {
    model.kv_rank = count({"kv_lora_rank"}, 0);
    if (model.kv_rank == 0) return;
    model.q_rank = count({"q_lora_rank"}, 0);
    model.rope_dim = count({"qk_rope_head_dim"});
    model.head_dim = count({"qk_nope_head_dim"});
    model.value_dim = count({"v_head_dim"});
  }

  void read_experts(Model& model) const {
    model.experts = count({"n_routed_experts", "num_local_experts", "num_experts"}, 0);
    if (model.experts == 0) return;
    model.top_k = count({"num_experts_per_tok", "experts_per_token"});
    model.expert_ffn = count({"moe_intermediate_size"}, model.ffn);
    model.dense_layers = count({"first_k_dense_replace"}, 0);
    model.expert_groups = count({"topk_group"}, 0);
    model.shared_ffn = count({"shared_expert_intermediate_size"},
                             count({"n_shared_experts"}, 0) * model.expert_ffn);
  }

  const Document& config_;
};

}  // namespace

Model model_of_config(const Document& config) {
  return ConfigReader(config).read();
}

}  // namespace trainyard
