// SPDX-License-Identifier: Apache-2.0
#include "cluster/layer_exchange.h"

#include <algorithm>
#include <utility>

#include "cluster/memory.h"
#include "fabric/expert_exchange.h"

namespace trainyard {
namespace {

class Exchanges {
 public:
  Exchanges(const Scenario& scenario, const LayerWork& work, bool forward, double beside_s)
      : scenario_(scenario), work_(work), forward_(forward), beside_s_(beside_s) {}

  std::vector<LayerExchange> of() {
    for (const Message& message : work_.messages) exchange(message);
    gather_parameters();
    return std::move(made_);
  }

 private:
  ExchangePiece piece(const Message& message, const GroupLayout& group, bool forward,
                      double times) const {
    ExchangePiece made{message.kind, message.bytes, times, {}};
    if (message.dispatch) {
      ExpertExchange exchange;
      exchange.tokens = message.tokens;
      exchange.bytes_per_token = message.bytes;
      exchange.top_k = static_cast<double>(scenario_.model.top_k);
      exchange.node_limit = static_cast<double>(scenario_.model.expert_groups);
      exchange.imbalance = scenario_.training.expert_imbalance;
      made.cost = expert_exchange_cost(scenario_.system, group, exchange);
      return made;
    }
    // What was gathered forward is added up backward.
    if (!forward && made.kind == Collective::reduce_scatter) made.kind = Collective::all_gather;
    made.cost = collective_cost(scenario_.system, group, made.kind, message.bytes);
    return made;
  }

  void exchange(const Message& message) {
    LayerExchange made;
    made.part = message.axis == Axis::tensor    ? ExchangePart::tensor
                : message.axis == Axis::context ? ExchangePart::context
                                                : ExchangePart::expert;
    made.name = message.name;
    made.group = axis_group(scenario_.plan, message.axis);
    made.dispatch = message.dispatch;
    const GroupLayout group = lay_group(scenario_.system, made.group);
    if (forward_) {
      made.pieces.push_back(piece(message, group, true, 1));
    } else {
      made.pieces.push_back(piece(message, group, false, message.backward_times));
      if (scenario_.plan.recompute == Recompute::full) {
        made.pieces.push_back(piece(message, group, true, 1));
      }
    }
    add(std::move(made), scenario_.software.exchange_overlap);
  }

  // ZeRO 3: parameters are gathered for forward and backward, gradients scattered, layer by layer.
  void gather_parameters() {
    if (scenario_.plan.zero < 3) return;
    gather("parameters", replica_group(scenario_.plan), work_.parameters, work_.trained);
    if (work_.expert_parameters > 0) {
      gather("experts' parameters", expert_replica_group(scenario_.plan), work_.expert_parameters,
             work_.expert_trained);
    }
  }

  void gather(const char* name, const GroupShape& shape, double parameters, double trained) {
    LayerExchange made;
    made.part = ExchangePart::gather;
    made.name = name;
    made.group = shape;
    const GroupLayout group = lay_group(scenario_.system, shape);
    const auto one = [&](Collective kind, double bytes) {
      made.pieces.push_back(
          {kind, bytes, 1, collective_cost(scenario_.system, group, kind, bytes)});
    };
    const Training& training = scenario_.training;
    one(Collective::all_gather,
        kParameterBytes * trained + training.format_bytes() * (parameters - trained));
    if (!forward_) one(Collective::reduce_scatter, training.gradient_bytes * trained);
    add(std::move(made), scenario_.software.data_overlap);
  }

  void add(LayerExchange made, double overlap) {
    for (const ExchangePiece& piece : made.pieces) made.seconds += piece.cost.seconds * piece.times;
    made.hidden_s = std::min(overlap * made.seconds, beside_s_);
    made_.push_back(std::move(made));
  }

  const Scenario& scenario_;
  const LayerWork& work_;
  const bool forward_;
  const double beside_s_;
  std::vector<LayerExchange> made_;
};

}  // namespace

std::vector<LayerExchange> layer_exchanges(const Scenario& scenario, const LayerWork& work,
                                           bool forward, double beside_s) {
  return Exchanges(scenario, work, forward, beside_s).of();
}

}  // namespace trainyard
