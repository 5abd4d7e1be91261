// SPDX-License-Identifier: Apache-2.0
#include "serving/iteration_time.h"

#include <algorithm>
#include <cmath>

#include "fabric/expert_exchange.h"

namespace trainyard {
namespace {

constexpr int kExact = 256;  // counts up to here have a place each
constexpr int kParts = 64;   // above, so many for a doubling
constexpr int kDoublings = 24;

// Rounded up: kernels are padded too.
std::size_t place_of(double count) {
  const double whole = std::ceil(std::max(0.0, count));
  if (whole <= kExact) return static_cast<std::size_t>(whole);
  int exponent = 0;
  std::frexp((whole - 1) / kExact, &exponent);  // (whole - 1) / kExact is in [2^(e-1), 2^e)
  const double base = std::ldexp(static_cast<double>(kExact), exponent - 1);
  const double part = std::ceil((whole - base) * kParts / base);
  return static_cast<std::size_t>(kExact + (exponent - 1) * kParts + part);
}

double count_of(std::size_t place) {
  if (place <= kExact) return static_cast<double>(place);
  const auto above = static_cast<int>(place - kExact - 1);
  const double base = std::ldexp(static_cast<double>(kExact), above / kParts);
  return base * (1 + static_cast<double>(above % kParts + 1) / kParts);
}

NumberFormat number_format(ComputeFormat format) {
  return format == ComputeFormat::bf16 ? NumberFormat::bf16 : NumberFormat::fp8;
}

// Rows that a product is cut into: a NeuronCore streams as many as there are past 128x128 weights,
// at least 64 (nc_matmul's cost in the NKI reference); a GPU's kernels for few rows exchange the
// operands, and a warp's product then has 8 or 16 of them.
constexpr std::int64_t kNeuronRows = 64, kNvidiaRows = 16;

System system_for(const System& system, ComputeFormat format) {
  System made = system;
  made.chip.tile_rows = system.vendor == Vendor::neuron ? kNeuronRows : kNvidiaRows;
  if (format == ComputeFormat::fp4 && made.chip.fp4_flop_per_s > 0) {
    made.chip.fp8_flop_per_s = made.chip.fp4_flop_per_s;
  }
  return made;
}

Software software_of(const ServingSoftware& serving) {
  Software software;
  software.matmul_efficiency = serving.matmul_efficiency;
  software.memory_efficiency = serving.memory_efficiency;
  software.attention_efficiency = serving.attention_efficiency;
  software.expert_efficiency = serving.expert_efficiency;
  return software;
}

}  // namespace

void IterationCost::take_joules(double times) {
  arithmetic_j *= times;
  hbm_j *= times;
  links_j *= times;
}

void IterationCost::add(const IterationCost& other, double times) {
  products_s += times * other.products_s;
  attention_s += times * other.attention_s;
  elementwise_s += times * other.elementwise_s;
  exchange_s += times * other.exchange_s;
  launch_s += times * other.launch_s;
  overhead_s += times * other.overhead_s;
  arithmetic_j += times * other.arithmetic_j;
  hbm_j += times * other.hbm_j;
  links_j += times * other.links_j;
}

IterationTimes::IterationTimes(const ServingScenario& scenario)
    : scenario_(scenario),
      dense_system_(system_for(scenario.system, scenario.options.compute)),
      expert_system_(system_for(scenario.system, scenario.options.expert_compute)),
      software_(software_of(scenario.software)),
      dense_times_(dense_system_, software_, number_format(scenario.options.compute)),
      expert_times_(expert_system_, software_, number_format(scenario.options.expert_compute)),
      attention_(attention_shape(scenario)),
      by_tokens_(kExact + kParts * kDoublings + 1),
      by_rows_(by_tokens_) {
  const auto stages = static_cast<double>(scenario.plan.pipeline);
  const auto layers = static_cast<double>(scenario.model.layers);
  const double windowed =
      scenario.model.window > 0 ? static_cast<double>(scenario.model.window_layers) : 0;
  full_layers_ = (layers - windowed) / stages;
  window_layers_ = windowed / stages;
  Operator one{OperatorKind::attention, "a key"};
  one.flop = attention_.decode_flop_per_key;
  one.bytes = attention_.kv_bytes_per_token;
  const auto groups = static_cast<double>(scenario.plan.data);
  const SystemChip& chip = scenario.system.chip;
  // A decoding query is one row: its products are done as its keys and values stream by.
  const double seconds = dense_times_.memory_s(one.bytes) / groups;
  const double flop_s = one.flop * static_cast<double>(chip.ranks) /
                        (chip.bf16_flop_per_s * chip.matmul_sustained) / groups;
  const double ranks = static_cast<double>(scenario.plan.tensor) * stages;
  IterationCost of_a_layer;
  of_a_layer.attention_s = std::max(seconds, flop_s);
  of_a_layer.arithmetic_j = one.flop * chip.bf16_pj_per_flop * 1e-12 * ranks;
  of_a_layer.hbm_j = one.bytes * 8 * chip.hbm_pj_per_bit * 1e-12 * ranks;
  key_.add(of_a_layer, full_layers_);
  window_key_.add(of_a_layer, window_layers_);
}

double IterationTimes::energy_pj(ComputeFormat format) const {
  const SystemChip& chip = scenario_.system.chip;
  if (format == ComputeFormat::fp4 && chip.fp4_pj_per_flop > 0) return chip.fp4_pj_per_flop;
  if (format != ComputeFormat::bf16 && chip.fp8_pj_per_flop > 0) return chip.fp8_pj_per_flop;
  return chip.bf16_pj_per_flop;
}

CollectiveCost IterationTimes::exchange(const Message& message) const {
  const System& system = scenario_.system;
  const ServingPlan& plan = scenario_.plan;
  if (!message.dispatch) {
    const GroupLayout group = lay_group(system, static_cast<double>(plan.tensor), 1);
    return collective_cost(system, group, message.kind, message.bytes);
  }
  ExpertExchange tokens;
  tokens.tokens = message.tokens;
  tokens.bytes_per_token = message.bytes;
  tokens.top_k = static_cast<double>(scenario_.model.top_k);
  tokens.node_limit = static_cast<double>(scenario_.model.expert_groups);
  const GroupLayout group = lay_group(system, static_cast<double>(plan.tensor * plan.data), 1);
  return expert_exchange_cost(system, group, tokens);
}

// `times` layers of one rank, and of all ranks that do the same in joules.
IterationCost IterationTimes::cost_of(const ForwardWork& work, double times) const {
  const ServingPlan& plan = scenario_.plan;
  IterationCost one;
  for (const Operator& op : work.operators) {
    const bool elementwise = op.kind == OperatorKind::elementwise;
    const double share = elementwise ? scenario_.software.elementwise_efficiency : 1;
    const double seconds = (op.of_experts ? expert_times_ : dense_times_).forward_s(op) / share;
    (elementwise ? one.elementwise_s : one.products_s) += seconds;
    one.launch_s += scenario_.software.kernel_us * 1e-6;
    const double pj =
        energy_pj(op.of_experts ? scenario_.options.expert_compute : scenario_.options.compute);
    one.arithmetic_j += op.flop * pj * 1e-12;
    one.hbm_j += op.bytes * 8 * scenario_.system.chip.hbm_pj_per_bit * 1e-12;
  }
  const double compute_s = one.seconds();
  for (const Message& message : work.messages) {
    const CollectiveCost cost = exchange(message);
    one.exchange_s += cost.seconds;
    one.links_j += cost.joules;
  }
  one.exchange_s -= std::min(scenario_.software.exchange_overlap * one.exchange_s, compute_s);
  one.take_joules(static_cast<double>(plan.tensor * plan.data));
  IterationCost all;
  all.add(one, times);
  return all;
}

// A stage's layers for each of as many parts of the batch as there are stages.
IterationCost IterationTimes::layers(double tokens) const {
  const Model& model = scenario_.model;
  const auto stages = static_cast<double>(scenario_.plan.pipeline);
  const double part = std::max(1.0, std::ceil(tokens / stages));
  const auto expert_layers = static_cast<double>(model.expert_layers());
  const double dense_layers = static_cast<double>(model.layers) - expert_layers;
  IterationCost sum;
  const auto add = [&](LayerKind kind, double count) {
    if (count <= 0) return;
    // count / stages layers, for `stages` parts
    IterationCost one = cost_of(forward_work(scenario_, kind, part), count);
    one.take_joules(std::min(stages, tokens));
    sum.add(one);
  };
  add(LayerKind::dense, dense_layers);
  add(LayerKind::expert, expert_layers);
  // The kernel of attention itself; its reading and arithmetic go by keys.
  sum.launch_s += static_cast<double>(model.layers) * scenario_.software.kernel_us * 1e-6;
  if (stages > 1) {
    const auto stride = static_cast<double>(scenario_.plan.tensor * scenario_.plan.data);
    const CollectiveCost hop =
        collective_cost(scenario_.system, lay_group(scenario_.system, stages, stride),
                        Collective::send, 2 * part * static_cast<double>(model.hidden) / stride);
    sum.exchange_s += stages * hop.seconds;
    sum.links_j += stages * stages * stride * hop.joules;
  }
  return sum;
}

IterationCost IterationTimes::head(double rows) const {
  return cost_of(forward_work(scenario_, LayerKind::head, rows), 1);
}

IterationCost IterationTimes::dense(double tokens, double rows) {
  const std::size_t at = std::min(place_of(tokens), by_tokens_.size() - 1);
  if (!by_tokens_[at]) by_tokens_[at] = layers(count_of(at));
  IterationCost sum = *by_tokens_[at];
  if (rows > 0) {
    const std::size_t row = std::min(place_of(rows), by_rows_.size() - 1);
    if (!by_rows_[row]) by_rows_[row] = head(count_of(row));
    sum.add(*by_rows_[row]);
  }
  sum.overhead_s += scenario_.software.iteration_overhead_ms * 1e-3 +
                    rows * scenario_.software.sequence_overhead_us * 1e-6;
  return sum;
}

// Of attention that is not fused: VectorE goes over columns of scores, a row of them in each lane.
double IterationTimes::passes_s(double columns) const {
  const double passes = scenario_.software.score_passes;
  return passes > 0 ? passes * columns / scenario_.system.chip.vector_hz : 0;
}

// Few rows leave most lanes idle: a column takes as long with one row as with all of them.
IterationCost IterationTimes::with_passes(IterationCost key, double rows, double layers) const {
  if (rows <= 0 || scenario_.software.score_passes <= 0) return key;
  const double of_a_group = rows / static_cast<double>(scenario_.plan.data);
  const double tiles =
      std::ceil(of_a_group * attention_.heads / scenario_.system.chip.vector_lanes);
  key.attention_s += layers * passes_s(tiles / rows);
  return key;
}

IterationCost IterationTimes::prompt(double pairs, double keys, double layers) const {
  if (layers <= 0 || pairs <= 0) return {};
  const auto groups = static_cast<double>(scenario_.plan.data);
  Operator one{OperatorKind::attention, "attention"};
  one.flop = attention_.prompt_flop_per_pair * pairs / groups;
  one.bytes = attention_.kv_bytes_per_token * keys / groups;
  const SystemChip& chip = scenario_.system.chip;
  const double ranks = static_cast<double>(scenario_.plan.replica_ranks());
  IterationCost cost;
  cost.attention_s = layers * dense_times_.forward_s(one);
  if (scenario_.software.score_passes > 0) {
    cost.attention_s += layers * passes_s(pairs / groups * attention_.heads / chip.vector_lanes);
  }
  cost.arithmetic_j = layers * ranks * one.flop * chip.bf16_pj_per_flop * 1e-12;
  cost.hbm_j = layers * ranks * one.bytes * 8 * chip.hbm_pj_per_bit * 1e-12;
  return cost;
}

IterationCost IterationTimes::of(const IterationWork& work) {
  IterationCost sum = dense(work.tokens, work.rows);
  sum.add(key(work.decode_rows), work.decode_keys);
  sum.add(window_key(work.decode_rows), work.decode_window_keys);
  sum.add(prompt(work.prompt_pairs, work.prompt_keys, full_layers_));
  sum.add(prompt(work.prompt_window_pairs, work.prompt_window_keys, window_layers_));
  return sum;
}

// The next replica's ranks of the same place; each sends what it keeps.
double IterationTimes::transfer_s(double tokens) const {
  const double layers = full_layers_ + window_layers_;
  const auto stride = static_cast<double>(scenario_.plan.replica_ranks());
  return collective_cost(scenario_.system, lay_group(scenario_.system, 2, stride), Collective::send,
                         tokens * attention_.kv_bytes_per_token * layers)
      .seconds;
}

}  // namespace trainyard
