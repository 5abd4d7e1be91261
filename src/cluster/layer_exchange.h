// SPDX-License-Identifier: Apache-2.0
// What a rank exchanges in one pass of a micro-batch through a layer, collective by collective.
#pragma once

#include <vector>

#include "cluster/operators.h"
#include "cluster/plan_groups.h"
#include "cluster/scenario.h"
#include "fabric/collective.h"

namespace trainyard {

// A collective, several times over.
struct ExchangePiece {
  Collective kind = Collective::all_gather;
  double bytes = 0;  // as collective_cost counts them; of a token in a dispatch
  double times = 1;
  CollectiveCost cost;
};

enum class ExchangePart : std::uint8_t { tensor, context, expert, gather };

struct LayerExchange {
  ExchangePart part = ExchangePart::tensor;
  const char* name = "";
  GroupShape group;
  bool dispatch = false;  // tokens to experts or back
  std::vector<ExchangePiece> pieces;
  double seconds = 0;   // of all its pieces
  double hidden_s = 0;  // of them, beside compute

  double exposed_s() const { return seconds - hidden_s; }
};

// `beside_s`: compute of the pass, behind which exchanges hide.
std::vector<LayerExchange> layer_exchanges(const Scenario& scenario, const LayerWork& work,
                                           bool forward, double beside_s);

}  // namespace trainyard
