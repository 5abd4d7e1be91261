// SPDX-License-Identifier: Apache-2.0
// First and last use of each tensor, and the tensors of one on-chip memory in order of first use.
#pragma once

#include <cstdint>
#include <vector>

#include "program/accesses.h"
#include "program/placement.h"

namespace trainyard {

// Fills first_use, last_use, used and the explicit addresses.
void find_lifetimes(const Program& program, const AccessTable& accesses, Placement& placement);

// The used tensors of `space`: with an address of the user's, and those to be placed, by first use.
struct LiveTensors {
  std::vector<TensorId> fixed;
  std::vector<TensorId> free;
};
LiveTensors live_tensors(const Program& program, const Placement& placement, Space space);

// Stable, by a stream index that `use` gives for each tensor.
template <class Use>
std::vector<TensorId> sorted_by_use(const std::vector<TensorId>& tensors, std::size_t stream,
                                    Use use) {
  BigVector<std::uint32_t> first(stream + 1, 0);
  for (TensorId id : tensors) ++first[use(id) + 1];
  for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
  std::vector<TensorId> sorted(tensors.size());
  for (TensorId id : tensors) sorted[first[use(id)]++] = id;
  return sorted;
}

// The fault of a Program that cannot be placed: what is live at `instruction`, largest first.
[[noreturn]] void refuse_placement(const Program& program, const Placement& placement, Space space,
                                   std::int64_t capacity_bytes, TensorId wanted,
                                   std::uint32_t instruction);

}  // namespace trainyard
