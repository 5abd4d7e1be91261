// SPDX-License-Identifier: Apache-2.0
// One pass of a micro-batch through a layer as a sequence of nodes: kernels, collectives, waits for
// the host. What of a collective is hidden (docs/cluster.md) becomes a window of kernels of as many
// seconds that go on beside it; the kernel at the window's end is cut in two.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "chakra/execution_trace.h"
#include "cluster/layer_exchange.h"
#include "cluster/operator_time.h"

namespace trainyard {

struct ScriptItem {
  TraceNodeKind kind = TraceNodeKind::compute;
  bool on_host = false;
  bool beside = false;  // a collective that the next items do not wait for
  bool joins = false;   // this item waits for the last such collective
  std::string name;
  double seconds = 0;
  double operations = 0;
  double bytes = 0;  // of HBM, or comm_size
  TraceCollective collective = TraceCollective::all_reduce;
  GroupShape group;
};
using Script = std::vector<ScriptItem>;

enum class ScriptPass : std::uint8_t { forward, backward, weights };

// `weights_apart`: the weights' gradients are a pass of their own. `kind` names the layer.
Script layer_script(const Scenario& scenario, const LayerWork& work, LayerKind kind,
                    ScriptPass pass, bool weights_apart);

// What Chakra counts of it. Tokens to experts and back: of the plain all-to-all that takes as long.
double chakra_comm_size(const System& system, const GroupShape& group, const ExchangePiece& piece,
                        bool dispatch);
TraceCollective chakra_collective(Collective kind);

}  // namespace trainyard
