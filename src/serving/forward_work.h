// SPDX-License-Identifier: Apache-2.0
// What one rank of a replica does in one layer of one iteration: operators that read their weights
// once for all tokens, and what it sends. Attention over the keys and values is not in it: it
// depends on more than the count of tokens (iteration_time.h).
#pragma once

#include <vector>

#include "cluster/operators.h"
#include "serving/serving.h"

namespace trainyard {

struct ForwardWork {
  std::vector<Operator> operators;
  std::vector<Message> messages;
};

// `tokens`: of the whole replica; of a head, those that are sampled after.
ForwardWork forward_work(const ServingScenario& scenario, LayerKind kind, double tokens);

// How many of `experts` at least one of `tokens` chooses, when each chooses `top_k` at random.
double distinct_experts(double experts, double top_k, double tokens);

// Attention of one rank, for one layer.
struct AttentionShape {
  double kv_bytes_per_token = 0;    // that a rank keeps
  double prompt_flop_per_pair = 0;  // a query and a key
  double decode_flop_per_key = 0;
  double heads = 0;  // queries of a token
};
AttentionShape attention_shape(const ServingScenario& scenario);

}  // namespace trainyard
