// SPDX-License-Identifier: Apache-2.0
#include "cluster/layer_time.h"

#include <algorithm>

#include "fabric/expert_exchange.h"

namespace trainyard {
namespace {

class Timing {
 public:
  Timing(const Scenario& scenario, const OperatorTimes& times, const LayerWork& work)
      : scenario_(scenario), times_(times), work_(work) {}

  LayerTime of() {
    for (const Operator& op : work_.operators) compute(op);
    const double forward_s = compute_s(time_.forward), backward_s = compute_s(time_.backward);
    for (const Message& message : work_.messages) exchange(message, forward_s, backward_s);
    gather_parameters(forward_s, backward_s);
    wait_for_host();
    return time_;
  }

 private:
  static double compute_s(const StepShares& shares) {
    return shares.matmul_s + shares.attention_s + shares.elementwise_s + shares.recompute_s;
  }

  static double& part_of(StepShares& shares, const Operator& op) {
    return op.kind == OperatorKind::matmul      ? shares.matmul_s
           : op.kind == OperatorKind::attention ? shares.attention_s
                                                : shares.elementwise_s;
  }

  bool again(const Operator& op) const {
    const Recompute recompute = scenario_.plan.recompute;
    return recompute == Recompute::full ||
           (recompute == Recompute::selective && op.in_attention_core &&
            scenario_.training.attention == AttentionKind::unfused);
  }

  // Kernels are queued: a layer takes as long as the chip or the host, whoever is slower.
  void wait_for_host() {
    const double launch_s = scenario_.software.kernel_launch_us * 1e-6;
    time_.forward.launch_s = std::max(0.0, forward_kernels_ * launch_s - time_.forward.total());
    time_.backward.launch_s = std::max(0.0, backward_kernels_ * launch_s - time_.backward.total());
  }

  void compute(const Operator& op) {
    forward_kernels_ += 1;
    backward_kernels_ += (op.kind == OperatorKind::matmul ? 2 : 1) + (again(op) ? 1 : 0);
    const SourcedSeconds forward = times_.forward(op), backward = times_.backward(op);
    const double forward_s = forward.total(), backward_s = backward.total();
    time_.sources.add(forward);
    time_.sources.add(backward);
    part_of(time_.forward, op) += forward_s;
    part_of(time_.backward, op) += backward_s;
    if (op.has_weights) time_.weights_s += backward_s / 2;
    time_.flop += op.flop * (1 + op.backward_flop);
    time_.hbm_bytes += op.bytes * (1 + op.backward_bytes);
    if (again(op)) {
      time_.backward.recompute_s += forward_s;
      time_.sources.add(forward);
      time_.recomputed_sources.add(forward);
      time_.recomputed_flop += op.flop;
      time_.hbm_bytes += op.bytes;
    }
  }

  GroupLayout group_of(Axis axis) const {
    const Plan& plan = scenario_.plan;
    const auto tensor = static_cast<double>(plan.tensor);
    switch (axis) {
      case Axis::tensor:
        return lay_group(scenario_.system, tensor, 1);
      case Axis::context:
        return lay_group(scenario_.system, static_cast<double>(plan.context), tensor);
      case Axis::expert:
        break;
    }
    return lay_group(scenario_.system, static_cast<double>(plan.expert), 1);
  }

  CollectiveCost cost_of(const Message& message, bool forward) const {
    const GroupLayout group = group_of(message.axis);
    if (message.dispatch) {
      ExpertExchange exchange;
      exchange.tokens = message.tokens;
      exchange.bytes_per_token = message.bytes;
      exchange.top_k = static_cast<double>(scenario_.model.top_k);
      exchange.node_limit = static_cast<double>(scenario_.model.expert_groups);
      exchange.imbalance = scenario_.training.expert_imbalance;
      return expert_exchange_cost(scenario_.system, group, exchange);
    }
    Collective kind = message.kind;
    // What was gathered forward is added up backward.
    if (!forward && kind == Collective::reduce_scatter) kind = Collective::all_gather;
    return collective_cost(scenario_.system, group, kind, message.bytes);
  }

  void exchange(const Message& message, double forward_s, double backward_s) {
    const CollectiveCost forward = cost_of(message, true), backward = cost_of(message, false);
    const double backward_total_s = backward.seconds * message.backward_times;
    const bool again = scenario_.plan.recompute == Recompute::full;
    const double overlap = scenario_.software.exchange_overlap;
    const auto exposed = [&](double seconds, double beside_s) {
      return seconds - std::min(overlap * seconds, beside_s);
    };
    const auto add = [&](StepShares& shares, double seconds, double beside_s) {
      double& part = message.axis == Axis::tensor    ? shares.tensor_s
                     : message.axis == Axis::context ? shares.context_s
                                                     : shares.expert_s;
      part += exposed(seconds, beside_s);
    };
    add(time_.forward, forward.seconds, forward_s);
    add(time_.backward, backward_total_s + (again ? forward.seconds : 0), backward_s);
    const double times = (again ? 2 : 1) + message.backward_times;
    time_.link_j += forward.joules * times;
    time_.hbm_bytes += forward.hbm_bytes * times;
  }

  // ZeRO 3: parameters are gathered for forward and backward, gradients scattered, layer by layer.
  void gather_parameters(double forward_s, double backward_s) {
    const Plan& plan = scenario_.plan;
    if (plan.zero < 3) return;
    const auto tensor = static_cast<double>(plan.tensor);
    const auto expert = static_cast<double>(plan.expert);
    const auto replicas = static_cast<double>(plan.data * plan.context);
    const double overlap = scenario_.software.data_overlap;
    const auto exposed = [&](double seconds, double beside_s) {
      return seconds - std::min(overlap * seconds, beside_s);
    };
    const auto add = [&](const GroupLayout& group, double parameters) {
      const CollectiveCost gather =
          collective_cost(scenario_.system, group, Collective::all_gather, 2 * parameters);
      const CollectiveCost scatter =
          collective_cost(scenario_.system, group, Collective::reduce_scatter,
                          scenario_.training.gradient_bytes * parameters);
      time_.forward.gather_s += exposed(gather.seconds, forward_s);
      time_.backward.gather_s += exposed(gather.seconds + scatter.seconds, backward_s);
      time_.link_j += 2 * gather.joules + scatter.joules;
      time_.hbm_bytes += 2 * gather.hbm_bytes + scatter.hbm_bytes;
    };
    add(lay_group(scenario_.system, replicas, tensor), work_.parameters);
    if (work_.expert_parameters > 0) {
      add(lay_group(scenario_.system, tensor * replicas / expert, expert), work_.expert_parameters);
    }
  }

  const Scenario& scenario_;
  const OperatorTimes& times_;
  const LayerWork& work_;
  LayerTime time_;
  double forward_kernels_ = 0, backward_kernels_ = 0;
};

}  // namespace

LayerTime layer_time(const Scenario& scenario, const OperatorTimes& times, const LayerWork& work) {
  return Timing(scenario, times, work).of();
}

}  // namespace trainyard
