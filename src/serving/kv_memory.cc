// SPDX-License-Identifier: Apache-2.0
#include "serving/kv_memory.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/fault.h"
#include "serving/forward_work.h"

namespace trainyard {
namespace {

constexpr double kGigabyte = 1e9;
constexpr double kMostPages = 1e12;

double weights_of_a_rank(const ServingScenario& scenario) {
  const Model& model = scenario.model;
  const ServingPlan& plan = scenario.plan;
  const auto tensor = static_cast<double>(plan.tensor);
  const double dense_bytes = bytes_of(scenario.options.weights);
  const double expert_bytes = bytes_of(scenario.options.expert_weights);
  const auto expert_layers = static_cast<double>(model.expert_layers());
  const auto layers = static_cast<double>(model.layers);
  double sum = layers * model.attention_parameters() / tensor * dense_bytes;
  sum += (layers - expert_layers) * model.dense_parameters() / tensor * dense_bytes;
  if (model.has_experts()) {
    const double experts = static_cast<double>(model.experts) * model.expert_parameters() /
                           (tensor * static_cast<double>(plan.data));
    sum +=
        expert_layers * (experts * expert_bytes + model.shared_parameters() / tensor * dense_bytes);
  }
  const double tables = plan.pipeline > 1 || model.tied ? 1 : 2;
  return sum / static_cast<double>(plan.pipeline) +
         tables * model.embedding_parameters() / tensor * 2;
}

}  // namespace

ServingMemory serving_memory(const ServingScenario& scenario) {
  const Model& model = scenario.model;
  const ServingPlan& plan = scenario.plan;
  const ServingOptions& options = scenario.options;
  const auto groups = static_cast<double>(plan.data);
  const auto tensor = static_cast<double>(plan.tensor);
  ServingMemory memory;
  memory.budget = scenario.system.chip.hbm_bytes / static_cast<double>(scenario.system.chip.ranks) *
                  options.memory_share;
  memory.weights = weights_of_a_rank(scenario);
  const double tokens = static_cast<double>(options.max_tokens) / groups;
  const double widest = std::max(static_cast<double>(model.ffn) / tensor,
                                 static_cast<double>(model.expert_ffn * model.top_k) / tensor);
  const double batch = std::ceil(static_cast<double>(options.max_batch) / groups);
  // Residual, its norm, queries with keys and values, the widest product; logits in fp32.
  memory.workspace = tokens * (4 * static_cast<double>(model.hidden) + 3 * widest) * 2 +
                     batch * static_cast<double>(model.vocab) / tensor * 4;
  const AttentionShape shape = attention_shape(scenario);
  const auto stages = static_cast<double>(plan.pipeline);
  const double windowed = model.window > 0 ? static_cast<double>(model.window_layers) : 0;
  memory.kv_bytes_per_token =
      shape.kv_bytes_per_token * (static_cast<double>(model.layers) - windowed) / stages;
  memory.windows =
      batch * static_cast<double>(model.window) * windowed / stages * shape.kv_bytes_per_token;
  const double left = memory.budget - memory.fixed();
  const double page = static_cast<double>(options.page_tokens) * memory.kv_bytes_per_token;
  const double pages = page > 0 ? std::floor(left / page) : kMostPages;
  if (left <= 0 || pages < 1) {
    throw Fault(FaultKind::limit,
                fmt::format("the model does not fit: a rank has {:.4g} GB of HBM to use, weights "
                            "take {:.4g} GB, an iteration {:.4g} GB, windows {:.4g} GB",
                            memory.budget / kGigabyte, memory.weights / kGigabyte,
                            memory.workspace / kGigabyte, memory.windows / kGigabyte),
                "a larger plan.tensor, plan.pipeline or plan.expert, or weights of fewer bits");
  }
  memory.pages = static_cast<std::int64_t>(std::min(kMostPages, pages * groups));
  return memory;
}

}  // namespace trainyard
