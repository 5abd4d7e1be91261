// SPDX-License-Identifier: Apache-2.0
#include "cluster/folding.h"

#include <algorithm>
#include <utility>

#include "cluster/replica_exchange.h"

namespace trainyard {

namespace {

double pj_of(const SystemChip& chip, NumberFormat format) {
  if (format == NumberFormat::nvfp4 && chip.fp4_pj_per_flop > 0) return chip.fp4_pj_per_flop;
  const bool wide = format == NumberFormat::bf16 || format == NumberFormat::fp32;
  return wide || chip.fp8_pj_per_flop <= 0 ? chip.bf16_pj_per_flop : chip.fp8_pj_per_flop;
}

}  // namespace

void add_times(StepShares& to, const StepShares& from, double times) {
  to.matmul_s += times * from.matmul_s;
  to.attention_s += times * from.attention_s;
  to.elementwise_s += times * from.elementwise_s;
  to.recompute_s += times * from.recompute_s;
  to.launch_s += times * from.launch_s;
  to.tensor_s += times * from.tensor_s;
  to.context_s += times * from.context_s;
  to.expert_s += times * from.expert_s;
  to.gather_s += times * from.gather_s;
}

FoldedStep Folding::fold() {
  const Plan& plan = scenario_.plan;
  PipelineSchedule schedule;
  try {
    schedule =
        make_schedule(plan.schedule, plan.pipeline, plan.virtual_stages, scenario_.micro_batches());
  } catch (const Fault& fault) {
    throw Fault(fault).at(scenario_.place(fault.instruction()));
  }
  FoldedStep step = fold_layers();
  step.schedule = std::move(schedule);
  return step;
}

FoldedStep Folding::fold_layers() {
  const Plan& plan = scenario_.plan;
  step_.chunks = deal_layers(scenario_);
  const Model& model = scenario_.model;
  step_.works.dense = layer_work(model, scenario_.training, plan, LayerKind::dense);
  if (model.has_experts()) {
    step_.works.expert = layer_work(model, scenario_.training, plan, LayerKind::expert);
  }
  step_.works.head = layer_work(model, scenario_.training, plan, LayerKind::head);
  dense_ = layer_time(scenario_, times_, step_.works.dense);
  expert_ = layer_time(scenario_, times_, step_.works.expert);
  head_ = layer_time(scenario_, times_, step_.works.head);
  for (const ChunkLayers& chunk : step_.chunks) add_chunk(chunk);
  const double message = step_.works.dense.input_bytes;
  const GroupLayout neighbours =
      lay_group(scenario_.system, static_cast<double>(std::min<std::int64_t>(2, plan.pipeline)),
                static_cast<double>(plan.tensor * plan.context * plan.data));
  send_ = collective_cost(scenario_.system, neighbours, Collective::send, message);
  step_.times.send_s = send_.seconds;
  for (std::size_t rank = 0; rank < static_cast<std::size_t>(plan.pipeline); ++rank) {
    between_replicas(rank);
  }
  return std::move(step_);
}

void Folding::account(const FoldedStep& step, StepReport& report) const {
  const Plan& plan = scenario_.plan;
  const auto micro_batches = static_cast<double>(scenario_.micro_batches());
  const auto of_a_stage = static_cast<double>(plan.tensor * plan.context * plan.data);
  double flop = 0, recomputed = 0, wide = 0, bytes = data_hbm_bytes_, links_j = data_link_j_;
  for (const ChunkLayers& chunk : step.chunks) {
    const auto add = [&](const LayerTime& layer, double count) {
      flop += count * micro_batches * layer.flop;
      recomputed += count * micro_batches * layer.recomputed_flop;
      wide += count * micro_batches * layer.wide_flop;
      bytes += count * micro_batches * layer.hbm_bytes;
      links_j += count * micro_batches * layer.link_j;
    };
    // DualPipe's chunks share the micro-batches.
    const double share = plan.schedule == ScheduleKind::dual_pipe ? 0.5 : 1;
    add(dense_, share * chunk.dense);
    add(expert_, share * chunk.expert);
    add(head_, share * (chunk.head ? 1 : 0));
    links_j += 2 * share * micro_batches * send_.joules;
  }
  report.model_flop = flop * of_a_stage;
  report.hardware_flop = (flop + recomputed) * of_a_stage;
  const SystemChip& chip = scenario_.system.chip;
  const double pj = pj_of(chip, scenario_.training.format);
  StepEnergy& energy = report.energy;
  energy.arithmetic_j =
      ((flop + recomputed - wide) * pj + wide * chip.bf16_pj_per_flop) * of_a_stage * 1e-12;
  energy.hbm_j = bytes * of_a_stage * 8 * chip.hbm_pj_per_bit * 1e-12;
  energy.links_j = links_j * of_a_stage;
  const auto chips = static_cast<double>(scenario_.chips);
  const double busy_s = report.seconds - report.shares.bubble_s - report.shares.overhead_s;
  add_standing(scenario_.system, chips * report.seconds, chips * busy_s, energy);
}

void Folding::add_chunk(const ChunkLayers& chunk) {
  StepShares forward, backward;
  add_times(forward, dense_.forward, chunk.dense);
  add_times(forward, expert_.forward, chunk.expert);
  add_times(backward, dense_.backward, chunk.dense);
  add_times(backward, expert_.backward, chunk.expert);
  double weights_s = chunk.dense * dense_.weights_s + chunk.expert * expert_.weights_s;
  if (chunk.head) {
    add_times(forward, head_.forward, 1);
    StepShares without = head_.backward;
    without.recompute_s = 0;  // the loss is made once
    add_times(backward, without, 1);
    weights_s += head_.weights_s;
  }
  step_.times.forward_s.push_back(forward.total());
  step_.times.backward_s.push_back(backward.total());
  step_.times.weights_s.push_back(weights_s);
  StepShares both = forward;
  add_times(both, backward, 1);
  step_.chunk_shares.push_back(both);
  step_.chunk_forward.push_back(forward);
  SourcedSeconds sources;
  sources.add(dense_.sources, chunk.dense);
  sources.add(expert_.sources, chunk.expert);
  if (chunk.head) {
    sources.add(head_.sources);
    sources.add(head_.recomputed_sources, -1);
  }
  step_.chunk_sources.push_back(sources);
}

// Gradients are added up and parameters handed out once a step; a part goes on beside the last
// backward and the first forward pass.
void Folding::between_replicas(std::size_t rank) {
  const ReplicaExchange exchange = replica_exchange(scenario_, step_, rank);
  for (std::size_t i = 0; i < exchange.count; ++i) {
    data_link_j_ += exchange.collectives[i].cost.joules;
    data_hbm_bytes_ += exchange.collectives[i].cost.hbm_bytes;
  }
  data_hbm_bytes_ += exchange.optimizer_bytes;
  step_.data_s = std::max(step_.data_s, exchange.seconds - exchange.hidden_s);
  step_.optimizer_s = std::max(step_.optimizer_s, times_.memory_s(exchange.optimizer_bytes));
}

}  // namespace trainyard
