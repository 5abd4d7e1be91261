// SPDX-License-Identifier: Apache-2.0
// One training step, folded (L0): one replica stands for all, one rank of a tensor group for its
// group, every pipeline stage for itself. Where its time goes, what it needs and what it costs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/memory.h"
#include "cluster/scenario.h"
#include "cluster/schedule.h"

namespace trainyard {

// Of the pipeline rank that is busiest; the sum is the step.
struct StepShares {
  double matmul_s = 0, attention_s = 0, elementwise_s = 0, recompute_s = 0;
  double launch_s = 0;  // the host launches kernels more slowly than the chip ends them
  double tensor_s = 0, context_s = 0, expert_s = 0, gather_s = 0;  // exchanges that nothing hides
  double bubble_s = 0;                                             // waits of the pipeline
  double data_s = 0;  // gradients and parameters between replicas
  double optimizer_s = 0;
  double overhead_s = 0;  // host

  double total() const {
    return matmul_s + attention_s + elementwise_s + recompute_s + launch_s + tensor_s + context_s +
           expert_s + gather_s + bubble_s + data_s + optimizer_s + overhead_s;
  }
};

// Joules of the whole cluster in one step, by what they are spent on.
struct StepEnergy {
  double arithmetic_j = 0, hbm_j = 0, links_j = 0, idle_j = 0, active_j = 0;  // chips
  double host_j = 0, network_j = 0, switch_j = 0;
  double cooling_j = 0, supply_j = 0, facility_j = 0;  // losses on top of all above

  double chips_j() const { return arithmetic_j + hbm_j + links_j + idle_j + active_j; }
  double total_j() const {
    return chips_j() + host_j + network_j + switch_j + cooling_j + supply_j + facility_j;
  }
};

// What stands around the work: idle and active chips, their hosts and networks, and the losses on
// top. In seconds of one chip, and those of it in which it works.
void add_standing(const System& system, double chip_s, double active_chip_s, StepEnergy& energy);

struct StepReport {
  double seconds = 0;
  StepShares shares;
  SourcedSeconds operators;       // of the busiest rank's, with the optimiser's: the roofline's
  std::vector<MemoryUse> memory;  // of each pipeline rank
  double model_flop = 0;          // of all ranks, without recomputing
  double hardware_flop = 0;
  double tokens = 0;
  StepEnergy energy;
  PipelineRun pipeline;

  double tokens_per_s() const { return tokens / seconds; }
  double largest_memory_bytes() const;
};

// What of a chunk's work takes how long: the seconds that the pipeline is made of.
struct FoldedStep {
  PipelineSchedule schedule;
  ChunkTimes times;
  std::vector<ChunkLayers> chunks;
  LayerWorks works;
  std::vector<StepShares> chunk_shares;  // of one micro-batch, forward and backward
  std::vector<StepShares> chunk_forward;
  std::vector<SourcedSeconds> chunk_sources;  // of the operators, forward and backward
  double data_s = 0, optimizer_s = 0;         // exposed, of the rank that has most
};

// Throws Fault(limit) where a rank's memory does not suffice, unless `memory_may_overflow`.
FoldedStep fold_step(const Scenario& scenario, bool memory_may_overflow = false);
StepReport evaluate_step(const Scenario& scenario, bool memory_may_overflow = false,
                         bool keep_operations = false);

}  // namespace trainyard
