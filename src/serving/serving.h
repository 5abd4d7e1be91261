// SPDX-License-Identifier: Apache-2.0
// A question about serving a model as its user writes it: a system, how a replica is laid out on
// its ranks, how requests are batched, what arrives. docs/serving.md lists the keys.
#pragma once

#include <cstdint>
#include <string>

#include "cluster/scenario.h"
#include "fabric/system.h"
#include "workload/model.h"

namespace trainyard {

enum class WeightFormat : std::uint8_t { bf16, fp8, int8, mxfp4, nvfp4 };
enum class ComputeFormat : std::uint8_t { bf16, fp8, fp4 };
enum class Batching : std::uint8_t {
  continuous,  // requests come and go between iterations, prompts in chunks
  whole        // a batch is filled, runs to its last token, then the next is filled
};
enum class Routing : std::uint8_t { round_robin, least_loaded };

// Of a serving framework: how far it stays behind the physics. A profile has at most eight of them.
struct ServingSoftware {
  std::string name = "none";
  double matmul_efficiency = 1;       // of what the chip sustains
  double memory_efficiency = 1;       // of weights and keys and values as they are read
  double attention_efficiency = 1;    // of a prompt's attention, over a large matrix product
  double expert_efficiency = 1;       // of grouped products of experts, over other products
  double elementwise_efficiency = 1;  // of element-wise kernels, over reads of weights
  double kernel_us = 0;               // that a kernel takes to start and end, nothing beside it
  double exchange_overlap = 0;        // share of the exchanges that is hidden
  double iteration_overhead_ms = 0;
  double sequence_overhead_us = 0;  // of an iteration, for each sequence that gets a token
  // Attention that is not fused: how often VectorE goes over all scores, masked or not; 0: fused.
  double score_passes = 0;
};

// Degrees count ranks. A replica has tensor x data x pipeline of them: attention is cut by
// `tensor` and its requests are dealt to `data` groups; experts are spread over `expert` of the
// tensor x data ranks and cut by what is left.
struct ServingPlan {
  std::int64_t tensor = 1, data = 1, pipeline = 1, expert = 1;
  std::int64_t replicas = 1;         // that take prompts
  std::int64_t decode_replicas = 0;  // above 0: those above only prefill, these only decode

  std::int64_t replica_ranks() const { return tensor * data * pipeline; }
  std::int64_t ranks() const { return replica_ranks() * (replicas + decode_replicas); }
};

struct ServingOptions {
  WeightFormat weights = WeightFormat::bf16, expert_weights = WeightFormat::bf16;
  ComputeFormat compute = ComputeFormat::bf16, expert_compute = ComputeFormat::bf16;
  double kv_bytes = 2;  // of one value
  Batching batching = Batching::continuous;
  Routing routing = Routing::round_robin;
  std::int64_t max_batch = 256;    // sequences of a replica
  std::int64_t max_tokens = 8192;  // of an iteration of a replica
  std::int64_t page_tokens = 16;   // of keys and values
  double memory_share = 0.9;       // of HBM, for weights, activations, keys and values
  bool reserve_output = false;     // let in only with room for all tokens to come: none gives way
  // Compiled for fixed lengths: doubling from the first to the last; 0: as long as they are.
  std::int64_t first_bucket = 0, last_bucket = 0;
  bool prefix_cache = false;
  std::int64_t prefix_tokens = 512;  // of one hashed block of a trace
};

// What arrives: a trace, or draws.
struct RequestSource {
  std::string trace;  // a path; empty: draws
  std::int64_t count = 1000;
  std::uint64_t seed = 1;
  double per_s = 0;                     // 0: all at once
  double arrival_cv = 1;                // of the gaps: 1 is Poisson's, else gamma's; 0 is a clock's
  double input_mean = 0, input_cv = 0;  // cv 0: fixed, else lognormal
  double output_mean = 0, output_cv = 0;
  std::int64_t max_length = 0;  // of input and of output; 0: none
};

struct ServingScenario {
  std::string title, file;
  System system;
  std::int64_t chips = 1;
  Model model;
  ServingPlan plan;
  ServingOptions options;
  ServingSoftware software;
  RequestSource requests;
  RunTerms run;

  std::int64_t ranks() const { return chips * system.chip.ranks; }
};

// The smallest bucket that `tokens` go into; without buckets as many as there are.
std::int64_t bucket_of(const ServingOptions& options, std::int64_t tokens);
double bytes_of(WeightFormat format);  // of one weight, with its share of scales
std::string weight_name(WeightFormat format);

// Whether a document asks about serving: it has a table [serving].
bool is_serving(const Document& document);
// Throw Fault(usage) with file, line and the way out.
ServingScenario read_serving(const Document& document);
// Each value by itself; whether the plan fits the model and the chips is not asked.
ServingScenario read_serving_values(const Document& document);
void check_serving(const ServingScenario& scenario, const Fault& where);

}  // namespace trainyard
