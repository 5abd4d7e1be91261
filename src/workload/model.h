// SPDX-License-Identifier: Apache-2.0
// A transformer as its shapes: dense or with experts, from a Hugging Face config.json or a table
// of a scenario. Counts of parameters follow from the shapes.
#pragma once

#include <cstdint>
#include <string>

#include "base/table_reader.h"

namespace trainyard {

struct Model {
  std::string name;
  std::int64_t layers = 0, hidden = 0, heads = 0, kv_heads = 0, head_dim = 0, ffn = 0, vocab = 0;
  bool gated = true;               // gate and up projection (SwiGLU); else one (GELU)
  bool tied = false;               // the embedding is the head's weight too
  std::int64_t window = 0;         // of sliding-window attention; 0: none
  std::int64_t window_layers = 0;  // that have it
  // Multi-head latent attention (DeepSeek): ranks of the compressed queries, keys and values.
  std::int64_t q_rank = 0, kv_rank = 0, rope_dim = 0, value_dim = 0;
  // Experts. The first `dense_layers` have a dense feed-forward of `ffn`; without experts all do.
  std::int64_t experts = 0, top_k = 0, expert_ffn = 0, shared_ffn = 0, dense_layers = 0;
  std::int64_t expert_groups = 0;  // that a token may choose from at most (node-limited routing)
  std::int64_t mtp_layers = 0;     // multi-token prediction: more layers at the end
  bool encoder = false;            // attends both ways (BERT)

  bool latent() const { return kv_rank > 0; }
  bool has_experts() const { return experts > 0; }
  std::int64_t expert_layers() const { return has_experts() ? layers - dense_layers : 0; }

  // Of one layer. Norms are left out: they are less than a ten-thousandth.
  double attention_parameters() const;
  double dense_parameters() const;      // of a dense feed-forward
  double expert_parameters() const;     // of one expert
  double shared_parameters() const;     // of the experts that every token has, and the router
  double embedding_parameters() const;  // one table
  double parameters() const;            // of all
  double active_parameters() const;     // that a token meets, the head's but not the embedding's
  double kv_bytes_per_token(double bytes_per_value) const;  // of all layers
};

// A table of a scenario: `config` names a config.json beside the file, other keys are shapes and
// override it. Throws Fault(usage).
Model read_model(TableReader& table);
// The shapes that a Hugging Face config.json gives; throws Fault(usage) for an architecture that
// is not known, naming those that are.
Model model_of_config(const Document& config);
// Shapes that contradict each other or exceed any machine.
void check_model(const Model& model, const Fault& where);

}  // namespace trainyard
