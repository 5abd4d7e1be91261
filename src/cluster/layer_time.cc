// SPDX-License-Identifier: Apache-2.0
#include "cluster/layer_time.h"

#include <algorithm>
#include <vector>

#include "cluster/layer_exchange.h"

namespace trainyard {
namespace {

class Timing {
 public:
  Timing(const Scenario& scenario, const OperatorTimes& times, const LayerWork& work)
      : scenario_(scenario), times_(times), work_(work) {}

  LayerTime of() {
    for (const Operator& op : work_.operators) compute(op);
    const double forward_s = compute_s(time_.forward), backward_s = compute_s(time_.backward);
    exchange(forward_s, backward_s);
    wait_for_host();
    return time_;
  }

 private:
  static double& part_of(StepShares& shares, const Operator& op) {
    return op.kind == OperatorKind::matmul      ? shares.matmul_s
           : op.kind == OperatorKind::attention ? shares.attention_s
                                                : shares.elementwise_s;
  }

  bool again(const Operator& op) const { return computed_again(scenario_, op); }

  // Kernels are queued: a layer takes as long as the chip or the host, whoever is slower.
  void wait_for_host() {
    const double launch_s = scenario_.software.kernel_launch_us * 1e-6;
    time_.forward.launch_s = std::max(0.0, forward_kernels_ * launch_s - time_.forward.total());
    time_.backward.launch_s = std::max(0.0, backward_kernels_ * launch_s - time_.backward.total());
  }

  void compute(const Operator& op) {
    forward_kernels_ += 1;
    const bool twice = op.kind == OperatorKind::matmul && !op.frozen;
    backward_kernels_ += (twice ? 2 : 1) + (again(op) ? 1 : 0);
    const SourcedSeconds forward = times_.forward(op), backward = times_.backward(op);
    const double forward_s = forward.total(), backward_s = backward.total();
    time_.sources.add(forward);
    time_.sources.add(backward);
    part_of(time_.forward, op) += forward_s;
    part_of(time_.backward, op) += backward_s;
    if (op.has_weights && !op.frozen) time_.weights_s += backward_s / 2;
    time_.flop += op.flop * (1 + op.backward_flop);
    if (!op.has_weights) {
      time_.wide_flop += op.flop * (1 + op.backward_flop + (again(op) ? 1 : 0));
    }
    time_.hbm_bytes += op.bytes * (1 + op.backward_bytes);
    if (again(op)) {
      time_.backward.recompute_s += forward_s;
      time_.sources.add(forward);
      time_.recomputed_sources.add(forward);
      time_.recomputed_flop += op.flop;
      time_.hbm_bytes += op.bytes;
    }
  }

  // Energy counts a message by its forward cost, whichever way it goes.
  void exchange(double forward_s, double backward_s) {
    const std::vector<LayerExchange> forward = layer_exchanges(scenario_, work_, true, forward_s);
    const std::vector<LayerExchange> backward =
        layer_exchanges(scenario_, work_, false, backward_s);
    for (std::size_t i = 0; i < forward.size(); ++i) {
      part_of(time_.forward, forward[i].part) += forward[i].exposed_s();
      part_of(time_.backward, backward[i].part) += backward[i].exposed_s();
      const bool gathers = forward[i].part == ExchangePart::gather;
      const CollectiveCost& once = forward[i].pieces.front().cost;
      double times = 1;
      for (const ExchangePiece& piece : backward[i].pieces) {
        if (gathers && piece.kind != Collective::all_gather) {
          time_.link_j += piece.cost.joules;
          time_.hbm_bytes += piece.cost.hbm_bytes;
        } else {
          times += piece.times;
        }
      }
      time_.link_j += once.joules * times;
      time_.hbm_bytes += once.hbm_bytes * times;
    }
  }

  static double& part_of(StepShares& shares, ExchangePart part) {
    switch (part) {
      case ExchangePart::tensor:
        return shares.tensor_s;
      case ExchangePart::context:
        return shares.context_s;
      case ExchangePart::expert:
        return shares.expert_s;
      case ExchangePart::gather:
        break;
    }
    return shares.gather_s;
  }

  const Scenario& scenario_;
  const OperatorTimes& times_;
  const LayerWork& work_;
  LayerTime time_;
  double forward_kernels_ = 0, backward_kernels_ = 0;
};

}  // namespace

double compute_s(const StepShares& pass) {
  return pass.matmul_s + pass.attention_s + pass.elementwise_s + pass.recompute_s;
}

bool computed_again(const Scenario& scenario, const Operator& op) {
  const Recompute recompute = scenario.plan.recompute;
  return recompute == Recompute::full ||
         (recompute == Recompute::selective && op.in_attention_core &&
          scenario.training.attention == AttentionKind::unfused);
}

LayerTime layer_time(const Scenario& scenario, const OperatorTimes& times, const LayerWork& work) {
  return Timing(scenario, times, work).of();
}

}  // namespace trainyard
