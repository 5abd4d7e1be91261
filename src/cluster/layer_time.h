// SPDX-License-Identifier: Apache-2.0
// The seconds of one layer for one micro-batch on one rank, with what of its exchanges nothing
// hides; and the joules of what it does.
#pragma once

#include "cluster/operator_time.h"
#include "cluster/operators.h"
#include "cluster/scenario.h"
#include "cluster/step.h"

namespace trainyard {

struct LayerTime {
  StepShares forward, backward;          // backward with what is computed again
  double weights_s = 0;                  // of backward: the weights' gradients
  SourcedSeconds sources;                // of its operators: compute, not exchanges
  SourcedSeconds recomputed_sources;     // of them, what is computed again
  double flop = 0, recomputed_flop = 0;  // of a rank, forward and backward
  double wide_flop = 0;                  // of both: in 16 bits whatever the format, as attention's
  double hbm_bytes = 0, link_j = 0;
};

// Of a pass: what its exchanges can hide behind.
double compute_s(const StepShares& pass);

// The backward pass computes it once more, as its output was not kept.
bool computed_again(const Scenario& scenario, const Operator& op);

LayerTime layer_time(const Scenario& scenario, const OperatorTimes& times, const LayerWork& work);

}  // namespace trainyard
