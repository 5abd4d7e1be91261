// SPDX-License-Identifier: Apache-2.0
#include "workload/model.h"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

namespace trainyard {
namespace {

double product(std::int64_t a, std::int64_t b) {
  return static_cast<double>(a) * static_cast<double>(b);
}

}  // namespace

double Model::attention_parameters() const {
  if (!latent()) {
    return product(hidden, heads * head_dim) * 2 + product(hidden, kv_heads * head_dim) * 2;
  }
  const double query =
      q_rank > 0 ? product(hidden, q_rank) + product(q_rank, heads * (head_dim + rope_dim))
                 : product(hidden, heads * (head_dim + rope_dim));
  return query + product(hidden, kv_rank + rope_dim) +
         product(kv_rank, heads * (head_dim + value_dim)) + product(heads * value_dim, hidden);
}

double Model::dense_parameters() const {
  return product(hidden, ffn) * (gated ? 3 : 2);
}

double Model::expert_parameters() const {
  return product(hidden, expert_ffn) * (gated ? 3 : 2);
}

double Model::shared_parameters() const {
  return product(hidden, shared_ffn) * (gated ? 3 : 2) + product(hidden, experts);
}

double Model::embedding_parameters() const {
  return product(vocab, hidden);
}

double Model::parameters() const {
  const auto all = static_cast<double>(layers + mtp_layers);
  const auto with_experts = static_cast<double>(expert_layers() + (has_experts() ? mtp_layers : 0));
  const double experts_of_a_layer =
      static_cast<double>(experts) * expert_parameters() + shared_parameters();
  return all * attention_parameters() + (all - with_experts) * dense_parameters() +
         with_experts * experts_of_a_layer + embedding_parameters() * (tied ? 1 : 2);
}

double Model::active_parameters() const {
  const auto all = static_cast<double>(layers);
  const auto with_experts = static_cast<double>(expert_layers());
  const double met = static_cast<double>(top_k) * expert_parameters() + shared_parameters();
  return all * attention_parameters() + (all - with_experts) * dense_parameters() +
         with_experts * met + embedding_parameters();
}

double Model::kv_bytes_per_token(double bytes_per_value) const {
  const double values =
      latent() ? static_cast<double>(kv_rank + rope_dim) : 2 * product(kv_heads, head_dim);
  return static_cast<double>(layers) * values * bytes_per_value;
}

void check_model(const Model& model, const Fault& where) {
  const auto wrong = [&](const std::string& rule, const std::string& hint) {
    Fault fault(FaultKind::usage, rule, hint);
    fault.at(where.place()).in(where.instruction());
    return fault;
  };
  if (model.heads % model.kv_heads != 0) {
    throw wrong(
        fmt::format("{} heads do not share {} key-value heads evenly", model.heads, model.kv_heads),
        "kv_heads divides heads");
  }
  if (model.has_experts() && model.top_k > model.experts) {
    throw wrong(fmt::format("a token cannot choose {} of {} experts", model.top_k, model.experts),
                "top_k is at most experts");
  }
  if (model.dense_layers > model.layers || model.window_layers > model.layers) {
    throw wrong("more layers of a kind than layers", fmt::format("layers is {}", model.layers));
  }
  if (model.layers > 10000 || model.hidden > 1000000 || model.vocab > 100000000 ||
      model.experts > 100000 || model.parameters() > 1e16) {
    throw wrong(
        fmt::format("a model of {:.3g} parameters is beyond any machine", model.parameters()),
        "check the shapes");
  }
}

Model read_model(TableReader& table) {
  Model model;
  const bool from_config = table.has("config");
  if (from_config) {
    namespace fs = std::filesystem;
    const fs::path given(table.words("config"));
    const fs::path path =
        given.is_absolute() ? given : fs::path(table.file()).parent_path() / given;
    const Document config = table.at_key("config", [&] { return read_document(path.string()); });
    model = model_of_config(config);
  }
  const auto shape = [&](const char* key, std::int64_t& into, bool needed) {
    const bool absent = from_config || !needed;
    into = table.count(key, absent ? std::optional(into) : std::nullopt, needed ? 1 : 0);
  };
  model.name = table.words("name", model.name.empty() ? "model" : model.name);
  shape("layers", model.layers, true);
  shape("hidden", model.hidden, true);
  shape("heads", model.heads, true);
  if (model.kv_heads == 0) model.kv_heads = model.heads;
  shape("kv_heads", model.kv_heads, false);
  if (model.kv_heads == 0) throw table.fault("kv_heads", "there is at least one key-value head");
  if (model.head_dim == 0) model.head_dim = std::max<std::int64_t>(1, model.hidden / model.heads);
  shape("head_dim", model.head_dim, false);
  shape("vocab", model.vocab, true);
  model.gated = table.truth("gated", model.gated);
  model.tied = table.truth("tied", model.tied);
  model.encoder = table.truth("encoder", model.encoder);
  shape("window", model.window, false);
  if (model.window > 0 && model.window_layers == 0) model.window_layers = model.layers;
  shape("window_layers", model.window_layers, false);
  shape("q_rank", model.q_rank, false);
  shape("kv_rank", model.kv_rank, false);
  shape("rope_dim", model.rope_dim, false);
  if (model.latent() && model.value_dim == 0) model.value_dim = model.head_dim;
  shape("value_dim", model.value_dim, false);
  shape("experts", model.experts, false);
  shape("top_k", model.top_k, false);
  shape("expert_ffn", model.expert_ffn, false);
  shape("shared_ffn", model.shared_ffn, false);
  shape("dense_layers", model.dense_layers, false);
  shape("expert_groups", model.expert_groups, false);
  shape("mtp_layers", model.mtp_layers, false);
  shape("ffn", model.ffn, !model.has_experts() || model.dense_layers > 0);
  if (model.has_experts() && (model.top_k == 0 || model.expert_ffn == 0)) {
    throw table.fault("experts", "experts come with top_k and expert_ffn");
  }
  table.finish();
  check_model(model, table.fault("layers", ""));
  return model;
}

}  // namespace trainyard
