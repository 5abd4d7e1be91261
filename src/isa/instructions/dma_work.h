// SPDX-License-Identifier: Apache-2.0
// What all dma_* instructions share: their rules and their cost as descriptors.
#pragma once

#include <cstdint>

#include "isa/table.h"

namespace trainyard {

// priority: 0 to 3, or left out.
inline constexpr std::int64_t kNoPriority = -1;

void check_priority(const CheckContext& context, std::int64_t priority);

// `indirect`: rows are chosen by a vector of indices.
void check_dge(const CheckContext& context, DgeMode mode, bool indirect);

// Whether the rows of `view` are chosen by a vector of indices.
bool chooses_rows(const CheckContext& context, const View& view);

// The cost of moving `src` to `dst`. Descriptors are runs contiguous on both sides; a partition
// ends a run on chip.
Cost dma_cost(const Machine& machine, const View& dst, const View& src, DgeMode dge);

}  // namespace trainyard
