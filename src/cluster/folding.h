// SPDX-License-Identifier: Apache-2.0
// Everything about a step that does not ask for the schedule's run: the seconds of each chunk of
// layers, what goes on between replicas, and what joules follow from both.
#pragma once

#include "cluster/layer_time.h"
#include "cluster/operator_time.h"
#include "cluster/scenario.h"
#include "cluster/step.h"
#include "fabric/collective.h"

namespace trainyard {

// The parts of `from` that are a layer's, so many times.
void add_times(StepShares& to, const StepShares& from, double times);

class Folding {
 public:
  explicit Folding(const Scenario& scenario)
      : scenario_(scenario),
        times_(scenario.system, scenario.software, scenario.training.format, &scenario.operators) {}

  FoldedStep fold();
  // All of it but the schedule.
  FoldedStep fold_layers();
  // Joules and FLOP of one step, all ranks; of whom `seconds` and `shares` are there.
  void account(const FoldedStep& step, StepReport& report) const;

 private:
  void add_chunk(const ChunkLayers& chunk);
  void between_replicas(std::size_t rank);

  const Scenario& scenario_;
  OperatorTimes times_;
  FoldedStep step_;
  LayerTime dense_, expert_, head_;
  CollectiveCost send_;
  double data_link_j_ = 0, data_hbm_bytes_ = 0;  // of one rank of every stage, added
};

}  // namespace trainyard
