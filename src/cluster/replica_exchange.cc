// SPDX-License-Identifier: Apache-2.0
#include "cluster/replica_exchange.h"

#include <algorithm>

namespace trainyard {

ReplicaExchange replica_exchange(const Scenario& scenario, const FoldedStep& step,
                                 std::size_t rank) {
  const Plan& plan = scenario.plan;
  const RankParameters held = rank_parameters(scenario, step.works, step.chunks, rank);
  const GroupShape replicas = replica_group(plan), expert_replicas = expert_replica_group(plan);
  ReplicaExchange made;
  const auto add = [&](const GroupShape& shape, double parameters) {
    const GroupLayout group = lay_group(scenario.system, shape);
    const double gradient = scenario.training.gradient_bytes * parameters;
    const auto one = [&](Collective kind, double bytes) {
      const CollectiveCost cost = collective_cost(scenario.system, group, kind, bytes);
      made.seconds += cost.seconds;
      made.collectives[made.count++] = {shape, kind, bytes, cost};
    };
    if (plan.zero == 0) {
      one(Collective::all_reduce, gradient);
    } else {
      one(Collective::reduce_scatter, gradient);
      one(Collective::all_gather, kParameterBytes * parameters);
    }
  };
  if (plan.zero < 3) {
    add(replicas, held.trained);
    add(expert_replicas, held.trained_experts);
  }
  double beside_s = 0;
  const auto of_a_rank = static_cast<std::size_t>(plan.virtual_stages);
  for (std::size_t i = rank * of_a_rank; i < (rank + 1) * of_a_rank; ++i) {
    beside_s += step.times.forward_s[i] + step.times.backward_s[i];
  }
  made.hidden_s = std::min(scenario.software.data_overlap * made.seconds, beside_s);
  // Adam reads the gradient and reads and writes the fp32 parameter and both moments.
  constexpr double kOptimizerTraffic = 2 * kOptimizerBytes + kParameterBytes;
  const double owned =
      plan.zero == 0 ? held.trained + held.trained_experts
                     : held.trained / replicas.size + held.trained_experts / expert_replicas.size;
  made.optimizer_bytes = owned * (kOptimizerTraffic + scenario.training.gradient_bytes);
  return made;
}

}  // namespace trainyard
