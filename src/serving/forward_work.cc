// SPDX-License-Identifier: Apache-2.0
#include "serving/forward_work.h"

#include <algorithm>
#include <cmath>

namespace trainyard {
namespace {

constexpr double kActivationBytes = 2;  // bf16, whatever the products' format

class Forward {
 public:
  Forward(const ServingScenario& scenario, double tokens)
      : model_(scenario.model),
        plan_(scenario.plan),
        options_(scenario.options),
        tensor_(static_cast<double>(plan_.tensor)),
        hidden_(static_cast<double>(model_.hidden)),
        all_tokens_(tokens),
        tokens_(std::max(1.0, std::ceil(tokens / static_cast<double>(plan_.data)))) {}

  ForwardWork of(LayerKind kind) {
    if (kind == LayerKind::head) {
      norm("last norm");
      matmul("head", tokens_, static_cast<double>(model_.vocab) / tensor_, hidden_, 2);
      elementwise("sample", tokens_ * static_cast<double>(model_.vocab) / tensor_ * 4);
      // Ranks exchange their best candidates, not the logits.
      if (plan_.tensor > 1)
        send(Axis::tensor, Collective::all_gather, "best", tokens_ * tensor_ * 8);
      return std::move(work_);
    }
    norm("norm 1");
    attention();
    norm("norm 2");
    if (kind == LayerKind::dense) {
      feed_forward("dense", static_cast<double>(model_.ffn));
      add_up("feed-forward");
    } else {
      experts();
    }
    return std::move(work_);
  }

 private:
  Operator& matmul(const char* name, double m, double n, double k, double weight_bytes,
                   double batch = 1) {
    Operator made{OperatorKind::matmul, name, batch, m, n, k};
    made.flop = 2 * batch * m * n * k;
    made.bytes = batch * (k * n * weight_bytes + m * (k + n) * kActivationBytes);
    made.has_weights = true;
    work_.operators.push_back(made);
    return work_.operators.back();
  }

  void elementwise(const char* name, double bytes) {
    Operator made{OperatorKind::elementwise, name};
    made.bytes = bytes;
    work_.operators.push_back(made);
  }

  // Products in fewer bits read what a kernel of its own has rounded (what norms and activations
  // give is rounded by them).
  void round_input(double values, ComputeFormat format) {
    if (format != ComputeFormat::bf16) elementwise("round", values * (kActivationBytes + 1));
  }

  void norm(const char* name) { elementwise(name, tokens_ * hidden_ * 2 * kActivationBytes); }

  void send(Axis axis, Collective kind, const char* name, double bytes) {
    work_.messages.push_back({axis, kind, name, bytes, 1});
  }

  // What ranks of the tensor group add up, and the residual.
  void add_up(const char* name) {
    if (plan_.tensor > 1) {
      send(Axis::tensor, Collective::all_reduce, name, tokens_ * hidden_ * kActivationBytes);
    }
    elementwise("residual", tokens_ * hidden_ * 3 * kActivationBytes);
  }

  void attention() {
    const double heads = static_cast<double>(model_.heads) / tensor_;
    const double bytes = bytes_of(options_.weights);
    const auto dim = static_cast<double>(model_.head_dim);
    if (!model_.latent()) {
      const double kv = std::max(1.0, static_cast<double>(model_.kv_heads) / tensor_);
      matmul("query, key, value", tokens_, (heads + 2 * kv) * dim, hidden_, bytes);
      elementwise("rotate and keep", tokens_ * (heads + 2 * kv) * dim * 2 * kActivationBytes);
      round_input(tokens_ * heads * dim, options_.compute);
      matmul("output", tokens_, hidden_, heads * dim, bytes);
    } else {
      const auto rank = static_cast<double>(model_.kv_rank),
                 rope = static_cast<double>(model_.rope_dim);
      const auto value = static_cast<double>(model_.value_dim),
                 q_rank = static_cast<double>(model_.q_rank);
      matmul("down", tokens_, q_rank + rank + rope, hidden_, bytes);
      matmul("query up", tokens_, heads * (dim + rope), q_rank > 0 ? q_rank : hidden_, bytes);
      // A key's way up is applied to the query, a value's to what attention gives (absorbed).
      matmul("absorbed key", tokens_, rank, dim, bytes, heads);
      matmul("absorbed value", tokens_, value, rank, bytes, heads);
      elementwise("rotate and keep", tokens_ * heads * (rank + rope) * 2 * kActivationBytes);
      round_input(tokens_ * heads * value, options_.compute);
      matmul("output", tokens_, hidden_, heads * value, bytes);
    }
    add_up("attention");
  }

  void feed_forward(const char* name, double ffn) {
    const double cut = ffn / tensor_, up = model_.gated ? 2 : 1;
    const double bytes = bytes_of(options_.weights);
    matmul(name, tokens_, up * cut, hidden_, bytes);
    elementwise("activation", tokens_ * cut * (up + 1) * kActivationBytes);
    matmul("down", tokens_, hidden_, cut, bytes);
  }

  void experts() {
    const auto top_k = static_cast<double>(model_.top_k);
    const auto experts = static_cast<double>(model_.experts);
    const auto over = static_cast<double>(plan_.expert);
    const double ranks = tensor_ * static_cast<double>(plan_.data);
    const double up = model_.gated ? 2 : 1;
    const double cut = static_cast<double>(model_.expert_ffn) / (ranks / over);
    const double bytes = bytes_of(options_.expert_weights);
    if (model_.shared_ffn > 0) feed_forward("shared", static_cast<double>(model_.shared_ffn));
    matmul("router", tokens_, experts, hidden_, 2);
    elementwise("route", tokens_ * experts * 3 * 4);
    const double hit = distinct_experts(experts, top_k, all_tokens_);
    const double mine = std::max(1.0, hit / over);
    const double rows = all_tokens_ * top_k / over;
    elementwise("permute", rows * hidden_ * 2 * kActivationBytes);
    if (plan_.data > 1) exchange("dispatch");
    matmul("experts", rows / mine, up * cut, hidden_, bytes, mine).of_experts = true;
    elementwise("activation", rows * cut * (up + 1) * kActivationBytes);
    matmul("experts down", rows / mine, hidden_, cut, bytes, mine).of_experts = true;
    elementwise("unpermute", rows * hidden_ * 2 * kActivationBytes);
    if (plan_.data > 1) {
      exchange("combine");
      if (plan_.tensor > 1) {
        send(Axis::tensor, Collective::all_gather, "tokens", tokens_ * hidden_ * kActivationBytes);
      }
      elementwise("residual", tokens_ * hidden_ * 3 * kActivationBytes);
    } else {
      add_up("experts");
    }
  }

  void exchange(const char* name) {
    const double bytes = options_.expert_compute == ComputeFormat::bf16 ? kActivationBytes : 1.03;
    Message made{Axis::expert, Collective::all_to_all, name, hidden_ * bytes, 1};
    made.dispatch = true;
    made.tokens = tokens_ / tensor_;
    work_.messages.push_back(made);
  }

  const Model& model_;
  const ServingPlan& plan_;
  const ServingOptions& options_;
  const double tensor_, hidden_, all_tokens_, tokens_;  // the last: of a data group
  ForwardWork work_;
};

}  // namespace

double distinct_experts(double experts, double top_k, double tokens) {
  if (top_k >= experts) return experts;
  return experts * -std::expm1(tokens * std::log1p(-top_k / experts));
}

ForwardWork forward_work(const ServingScenario& scenario, LayerKind kind, double tokens) {
  return Forward(scenario, tokens).of(kind);
}

AttentionShape attention_shape(const ServingScenario& scenario) {
  const Model& model = scenario.model;
  const auto tensor = static_cast<double>(scenario.plan.tensor);
  const double heads = static_cast<double>(model.heads) / tensor;
  const auto dim = static_cast<double>(model.head_dim);
  AttentionShape shape;
  shape.heads = heads;
  if (model.latent()) {
    const auto rank = static_cast<double>(model.kv_rank),
               rope = static_cast<double>(model.rope_dim);
    shape.kv_bytes_per_token = (rank + rope) * scenario.options.kv_bytes;
    shape.decode_flop_per_key = 2 * heads * (2 * rank + rope);
    shape.prompt_flop_per_pair = 2 * heads * (dim + rope + static_cast<double>(model.value_dim));
    return shape;
  }
  // Fewer key-value heads than ranks are copied, not cut.
  const double kv = std::max(1.0, static_cast<double>(model.kv_heads) / tensor);
  shape.kv_bytes_per_token = 2 * kv * dim * scenario.options.kv_bytes;
  shape.decode_flop_per_key = shape.prompt_flop_per_pair = 4 * heads * dim;
  return shape;
}

}  // namespace trainyard
