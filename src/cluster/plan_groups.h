// SPDX-License-Identifier: Apache-2.0
// The groups of ranks in which a plan exchanges something: how many, and how far from each other.
#pragma once

#include <algorithm>

#include "cluster/operators.h"
#include "cluster/plan.h"
#include "fabric/collective.h"

namespace trainyard {

struct GroupShape {
  double size = 1, stride = 1;  // ranks
};

inline GroupShape axis_group(const Plan& plan, Axis axis) {
  const auto tensor = static_cast<double>(plan.tensor);
  switch (axis) {
    case Axis::tensor:
      return {tensor, 1};
    case Axis::context:
      return {static_cast<double>(plan.context), tensor};
    case Axis::expert:
      break;
  }
  return {static_cast<double>(plan.expert), 1};
}

// Ranks that hold the same parameters, and those that hold the same experts.
inline GroupShape replica_group(const Plan& plan) {
  return {static_cast<double>(plan.data * plan.context), static_cast<double>(plan.tensor)};
}
inline GroupShape expert_replica_group(const Plan& plan) {
  const auto of_a_stage = static_cast<double>(plan.tensor * plan.context * plan.data);
  const auto expert = static_cast<double>(plan.expert);
  return {std::max(1.0, of_a_stage / expert), expert};
}

inline GroupLayout lay_group(const System& system, const GroupShape& shape) {
  return lay_group(system, shape.size, shape.stride);
}

}  // namespace trainyard
