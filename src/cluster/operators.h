// SPDX-License-Identifier: Apache-2.0
// What one rank does in one layer for one micro-batch, forward: operators with their shapes, FLOP,
// bytes of HBM, and what it sends to others of its tensor, context and expert groups.
#pragma once

#include <cstdint>
#include <vector>

#include "cluster/plan.h"
#include "fabric/collective.h"
#include "workload/model.h"

namespace trainyard {

enum class OperatorKind : std::uint8_t { matmul, attention, elementwise };

struct Operator {
  OperatorKind kind = OperatorKind::elementwise;
  const char* name = "";
  double batch = 1, m = 0, n = 0, k = 0;  // of a matmul: `batch` products of m x k by k x n
  double flop = 0;
  double bytes = 0;          // of HBM
  double backward_flop = 2;  // over forward's
  double backward_bytes = 2;
  bool in_attention_core = false;  // done again by selective recompute
  bool has_weights = false;        // its second operand is a parameter
  bool frozen = false;             // which gets no gradient
  bool of_experts = false;         // one product an expert, grouped in a kernel
};

enum class Axis : std::uint8_t { tensor, context, expert };

struct Message {
  Axis axis = Axis::tensor;
  Collective kind = Collective::all_gather;
  const char* name = "";
  double bytes = 0;
  double backward_times = 1;  // over forward's
  bool dispatch = false;      // tokens to experts or back: `bytes` is one token's
  double tokens = 0;
};

struct LayerWork {
  std::vector<Operator> operators;
  std::vector<Message> messages;
  double parameters = 0;         // of this rank, but its experts'
  double expert_parameters = 0;  // of this rank's experts
  double trained = 0;            // of `parameters`, and of its experts', those with gradients
  double expert_trained = 0;
  double activation_bytes = 0;  // kept for the backward pass, without recomputing
  double recomputed_bytes = 0;  // of them, what selective recompute does not keep
  double input_bytes = 0;       // of the layer: what full recompute keeps
};

enum class LayerKind : std::uint8_t { dense, expert, head };

// Of the whole model.
double trained_parameters(const Model& model, const Training& training);

LayerWork layer_work(const Model& model, const Training& training, const Plan& plan,
                     LayerKind kind);

}  // namespace trainyard
