// SPDX-License-Identifier: Apache-2.0
#include "cluster/operators.h"

#include <algorithm>

namespace trainyard {
namespace {

constexpr double kActivationBytes = 2;  // bf16, whatever the products' format

class Layer {
 public:
  Layer(const Model& model, const Training& training, const Plan& plan)
      : model_(model),
        training_(training),
        plan_(plan),
        tensor_(static_cast<double>(plan.tensor)),
        hidden_(static_cast<double>(model.hidden)),
        tokens_(static_cast<double>(plan.micro_batch) * static_cast<double>(training.sequence) /
                static_cast<double>(plan.context)),
        split_(plan.sequence_parallel ? tensor_ : 1),
        weight_bytes_(training.format_bytes()),
        adapters_(training.adapters) {}

  LayerWork of(LayerKind kind) {
    build(kind);
    if (!training_.frozen()) {
      work_.trained = work_.parameters;
      work_.expert_trained = work_.expert_parameters;
    }
    work_.parameters += adapter_parameters_;
    work_.trained += adapter_parameters_;
    return std::move(work_);
  }

 private:
  void build(LayerKind kind) {
    if (kind == LayerKind::head) {
      head();
      return;
    }
    norm("norm 1", adapters_.on_attention);
    attention();
    norm("norm 2", adapters_.on_feed_forward);
    if (kind == LayerKind::dense) {
      feed_forward(static_cast<double>(model_.ffn), "dense");
      join("feed-forward");
    } else {
      experts();
    }
    work_.input_bytes = kActivationBytes * tokens_ * hidden_ / split_;
  }

  void matmul(const char* name, double m, double n, double k, double batch = 1,
              bool weights = true) {
    Operator made{OperatorKind::matmul, name, batch, m, n, k};
    made.flop = 2 * batch * m * n * k;
    made.bytes = batch * (m * k * weight_bytes_ + k * n * weight_bytes_ + m * n * kActivationBytes);
    made.has_weights = weights;
    if (weights && training_.frozen()) {
      made.frozen = true;
      made.backward_flop = made.backward_bytes = 1;
    }
    work_.operators.push_back(made);
    if (weights && weight_bytes_ <= 1) quantise(batch * m * k, made.frozen);
  }

  // A product's operands in 8 or 4 bits are made from 16. NVFP4 (arXiv 2509.25149) scales a whole
  // tensor too, by its largest value, which is looked for first; backward quantises the output's
  // gradient, and both operands of the weights' gradient anew, as they are rotated for it.
  void quantise(double values, bool frozen) {
    const bool nvfp4 = training_.format == NumberFormat::nvfp4;
    elementwise("quantise", values * ((nvfp4 ? 2 : 1) * kActivationBytes + weight_bytes_));
    work_.operators.back().backward_bytes = frozen ? 1 : nvfp4 ? 3 : 2;
  }

  // Beside a projection that ranks cut by its output, or by its input: then they add up what goes
  // through the adapter's rank.
  void adapter(double n, double k, bool cut_by_input) {
    const auto rank = static_cast<double>(adapters_.rank);
    const double rows = cut_by_input ? tokens_ / split_ : tokens_;
    adapter_matmul("adapter in", tokens_, rank, k);
    if (cut_by_input && plan_.tensor > 1) {
      work_.messages.push_back(
          {Axis::tensor, Collective::all_reduce, "adapter", tokens_ * rank * kActivationBytes, 1});
    }
    adapter_matmul("adapter out", rows, n, rank);
    elementwise("adapter's sum", rows * n * 3 * kActivationBytes);
    keep(tokens_ * rank * kActivationBytes);
    adapter_parameters_ += rank * (k + n);
  }

  // In 16 bits, whatever the others are in.
  void adapter_matmul(const char* name, double m, double n, double k) {
    Operator made{OperatorKind::matmul, name, 1, m, n, k};
    made.flop = 2 * m * n * k;
    made.bytes = (m * k + k * n + m * n) * kActivationBytes;
    work_.operators.push_back(made);
  }

  void grouped_matmul(const char* name, double m, double n, double k, double experts) {
    const std::size_t at = work_.operators.size();
    matmul(name, m, n, k, experts);
    work_.operators[at].of_experts = true;
  }

  void elementwise(const char* name, double bytes, bool in_core = false) {
    Operator made{OperatorKind::elementwise, name};
    made.bytes = bytes;
    made.in_attention_core = in_core;
    work_.operators.push_back(made);
  }

  void keep(double bytes) { work_.activation_bytes += bytes; }

  // Kept are its input, and what the next product reads, for the gradients of its weights.
  void norm(const char* name, bool next_is_adapted) {
    const double elements = tokens_ * hidden_ / split_;
    elementwise(name, elements * 2 * kActivationBytes);
    keep((keeps_input(next_is_adapted) ? 2 : 1) * elements * kActivationBytes);
  }

  bool keeps_input(bool adapted) const { return adapted || !training_.frozen(); }

  // What all ranks of the tensor group need, and what they add up.
  void join(const char* name) {
    const double bytes = tokens_ * hidden_ * kActivationBytes;
    if (plan_.tensor > 1 && plan_.sequence_parallel) {
      // Backward gathers the input once more for the weights' gradient.
      work_.messages.push_back({Axis::tensor, Collective::all_gather, name, bytes, 2});
      work_.messages.push_back({Axis::tensor, Collective::reduce_scatter, name, bytes, 1});
    } else if (plan_.tensor > 1) {
      work_.messages.push_back({Axis::tensor, Collective::all_reduce, name, bytes, 1});
    }
    // Residual addition (and dropout where there is one): two in, one out.
    elementwise("residual", tokens_ * hidden_ / split_ * 3 * kActivationBytes);
    if (!model_.gated) keep(tokens_ * hidden_ / split_);  // the mask of the dropout
  }

  void attention() {
    if (model_.latent()) {
      latent_projections();
    } else {
      plain_projections();
    }
    core();
    join("attention");
    if (adapters_.on_attention) adapter(hidden_, query_heads_ * value_dim_, true);
  }

  void plain_projections() {
    const double heads = static_cast<double>(model_.heads) / tensor_;
    // Fewer key-value heads than ranks are copied, not cut.
    const double kv = std::max(1.0, static_cast<double>(model_.kv_heads) / tensor_);
    const auto dim = static_cast<double>(model_.head_dim);
    matmul("query, key, value", tokens_, (heads + 2 * kv) * dim, hidden_);
    if (adapters_.on_attention) adapter((heads + 2 * kv) * dim, hidden_, false);
    elementwise("rotate", tokens_ * (heads + kv) * dim * 2 * kActivationBytes);
    matmul("output", tokens_, hidden_, heads * dim);
    keep(tokens_ * (heads + 2 * kv) * dim * kActivationBytes +
         tokens_ * heads * dim * kActivationBytes);
    work_.parameters += hidden_ * (2 * heads + 2 * kv) * dim;
    query_heads_ = heads;
    key_dim_ = value_dim_ = dim;
    kv_bytes_ = 2 * kv * dim * kActivationBytes;
  }

  void latent_projections() {
    const double heads = static_cast<double>(model_.heads) / tensor_;
    const auto rank = static_cast<double>(model_.kv_rank),
               rope = static_cast<double>(model_.rope_dim);
    const auto dim = static_cast<double>(model_.head_dim);
    const auto value = static_cast<double>(model_.value_dim);
    const auto q_rank = static_cast<double>(model_.q_rank);
    if (model_.q_rank > 0) {
      matmul("query down", tokens_, q_rank, hidden_);
      matmul("query up", tokens_, heads * (dim + rope), q_rank);
    } else {
      matmul("query", tokens_, heads * (dim + rope), hidden_);
    }
    matmul("key-value down", tokens_, rank + rope, hidden_);
    matmul("key-value up", tokens_, heads * (dim + value), rank);
    elementwise("rotate and join", tokens_ * heads * (dim + rope) * 2 * 2 * kActivationBytes);
    matmul("output", tokens_, hidden_, heads * value);
    keep(tokens_ * (q_rank + rank + rope + heads * (2 * (dim + rope) + 2 * value)) *
         kActivationBytes);
    work_.parameters += model_.attention_parameters() / tensor_;
    query_heads_ = heads;
    key_dim_ = dim + rope;
    value_dim_ = value;
    kv_bytes_ = (rank + rope) * kActivationBytes;
  }

  void core() {
    const auto whole = static_cast<double>(training_.sequence);
    const double full = model_.encoder ? whole : whole / 2;
    const auto window = static_cast<double>(model_.window);
    const double windowed =
        window > 0 && window < whole ? window * (1 - window / (2 * whole)) : full;
    const double share = model_.layers == 0 ? 0
                                            : static_cast<double>(model_.window_layers) /
                                                  static_cast<double>(model_.layers);
    const double seen = windowed * share + full * (1 - share);  // keys a query meets, on average
    const double context_bytes = static_cast<double>(plan_.micro_batch) * whole * kv_bytes_;
    if (plan_.context > 1) {
      work_.messages.push_back(
          {Axis::context, Collective::all_gather, "keys and values", context_bytes, 2});
    }
    if (training_.attention == AttentionKind::flash) {
      Operator fused{OperatorKind::attention, "attention", query_heads_};
      fused.m = tokens_;
      fused.n = seen;
      fused.k = key_dim_;
      fused.flop = 2 * tokens_ * seen * query_heads_ * (key_dim_ + value_dim_);
      fused.bytes =
          tokens_ * query_heads_ * (key_dim_ + value_dim_) * kActivationBytes + 2 * context_bytes;
      fused.backward_flop = 2.5;  // the scores once more, and four products
      fused.in_attention_core = true;
      work_.operators.push_back(fused);
      return;
    }
    // Every score is made, masked or not.
    const double batch = query_heads_ * static_cast<double>(plan_.micro_batch);
    const double rows = tokens_ / static_cast<double>(plan_.micro_batch);
    const double scores = batch * rows * whole;
    matmul("scores", rows, whole, key_dim_, batch, false);
    work_.operators.back().in_attention_core = true;
    // Mask, scale and softmax in one kernel, dropout in another (Megatron-LM).
    elementwise("softmax", scores * 2 * kActivationBytes, true);
    elementwise("dropout", scores * (2 * kActivationBytes + 1), true);
    matmul("values", rows, value_dim_, whole, batch, false);
    work_.operators.back().in_attention_core = true;
    const double kept = scores * (2 * kActivationBytes + 1);  // softmax, its dropout, the mask
    keep(kept);
    work_.recomputed_bytes += kept;
  }

  void feed_forward(double ffn, const char* name) {
    const double cut = ffn / tensor_;
    const double up = model_.gated ? 2 : 1;
    matmul(name, tokens_, up * cut, hidden_);
    if (adapters_.on_feed_forward) adapter(up * cut, hidden_, false);
    elementwise("activation", tokens_ * cut * (up + 1) * kActivationBytes);
    matmul("down", tokens_, hidden_, cut);
    if (adapters_.on_feed_forward) adapter(hidden_, cut, true);
    keep(tokens_ * cut * (up + (keeps_input(adapters_.on_feed_forward) ? 1 : 0)) *
         kActivationBytes);
    work_.parameters += hidden_ * cut * (up + 1);
  }

  void experts() {
    // With sequence parallelism each rank routes the tokens that it holds.
    const double tokens = tokens_ / split_;
    const auto top_k = static_cast<double>(model_.top_k);
    const auto experts = static_cast<double>(model_.experts);
    const auto ffn = static_cast<double>(model_.expert_ffn);
    const double up = model_.gated ? 2 : 1;
    const double mine = experts / static_cast<double>(plan_.expert);
    const double routed = tokens * top_k * training_.expert_imbalance;
    if (model_.shared_ffn > 0) {
      feed_forward(static_cast<double>(model_.shared_ffn), "shared experts");
      join("shared experts");
    }
    matmul("router", tokens, experts, hidden_);
    elementwise("route", tokens * experts * 3 * 4);
    elementwise("permute", tokens * top_k * hidden_ * 2 * kActivationBytes);
    const double out_bytes = training_.dispatch_in_fp8 ? 1 + 4.0 / 128 : kActivationBytes;
    Message out{Axis::expert, Collective::all_to_all, "dispatch", hidden_ * out_bytes, 1};
    out.dispatch = true;
    out.tokens = tokens;
    Message back{Axis::expert, Collective::all_to_all, "combine", hidden_ * kActivationBytes, 1};
    back.dispatch = true;
    back.tokens = tokens;
    work_.messages.push_back(out);
    work_.messages.push_back(back);
    grouped_matmul("experts", routed / mine, up * ffn, hidden_, mine);
    elementwise("activation", routed * ffn * (up + 1) * kActivationBytes);
    grouped_matmul("experts down", routed / mine, hidden_, ffn, mine);
    elementwise("unpermute", tokens * top_k * hidden_ * 2 * kActivationBytes);
    elementwise("residual", tokens * hidden_ * 3 * kActivationBytes);
    keep(routed * (hidden_ + (up + 1) * ffn + hidden_) * kActivationBytes);
    work_.parameters += hidden_ * experts;
    work_.expert_parameters += mine * hidden_ * ffn * (up + 1);
  }

  void head() {
    const double cut = static_cast<double>(model_.vocab) / tensor_;
    norm("last norm", false);
    matmul("head", tokens_, cut, hidden_);
    elementwise("loss", tokens_ * cut * 4 * 2);
    if (plan_.tensor > 1) {
      work_.messages.push_back(
          {Axis::tensor, Collective::all_gather, "head", tokens_ * hidden_ * kActivationBytes, 2});
    }
    keep(tokens_ * cut * 4);
    work_.parameters += cut * hidden_;
    work_.input_bytes = kActivationBytes * tokens_ * hidden_ / split_;
  }

  const Model& model_;
  const Training& training_;
  const Plan& plan_;
  const double tensor_, hidden_, tokens_, split_, weight_bytes_;
  const Adapters& adapters_;
  double adapter_parameters_ = 0;
  double query_heads_ = 0, key_dim_ = 0, value_dim_ = 0, kv_bytes_ = 0;
  LayerWork work_;
};

}  // namespace

double trained_parameters(const Model& model, const Training& training) {
  if (!training.frozen()) return model.parameters();
  const auto trained = [&](LayerKind kind) {
    return layer_work(model, training, Plan{}, kind).trained;
  };
  const auto expert_layers = static_cast<double>(model.expert_layers());
  return trained(LayerKind::dense) * (static_cast<double>(model.layers) - expert_layers) +
         (expert_layers > 0 ? trained(LayerKind::expert) * expert_layers : 0);
}

LayerWork layer_work(const Model& model, const Training& training, const Plan& plan,
                     LayerKind kind) {
  return Layer(model, training, plan).of(kind);
}

}  // namespace trainyard
