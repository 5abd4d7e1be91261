// SPDX-License-Identifier: Apache-2.0
// Tokens to the ranks of their experts (dispatch) and back (combine).
#pragma once

#include "fabric/collective.h"

namespace trainyard {

struct ExpertExchange {
  double tokens = 0;  // of one rank
  double bytes_per_token = 0;
  double top_k = 1;
  double node_limit = 0;        // units of the level below the network a token may reach; 0: any
  bool one_copy_a_unit = true;  // a token crosses a level once for each unit it goes to (DeepEP)
  double imbalance = 1;         // the busiest rank's share over the mean
};

// Of one direction, for a rank of `group`, experts spread evenly over its ranks.
CollectiveCost expert_exchange_cost(const System& system, const GroupLayout& group,
                                    const ExpertExchange& exchange);

}  // namespace trainyard
