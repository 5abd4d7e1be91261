// SPDX-License-Identifier: Apache-2.0
// What a search found, as text and as JSON with stable keys:
//
//   best for time: 0.7421 s a step, 28.1 GiB a rank, 3.02 GJ
//     tensor 16 x context 1 x pipeline 12 x data 20835, expert 144, 1f1b, …, micro-batch 1
//   runner-up: 0.7460 s, 0.5 % more
//     tensor 8 x …
//     it loses by tensor_exchange, 0.1 s more; it gains 0.09 s by pipeline_bubble
#pragma once

#include <string>

#include "planner/search.h"

namespace trainyard {

std::string search_text(const SearchSpace& space, const SearchResult& result);
std::string search_json(const SearchSpace& space, const SearchResult& result);

}  // namespace trainyard
