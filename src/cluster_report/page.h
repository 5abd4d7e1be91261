// SPDX-License-Identifier: Apache-2.0
// The answer to a scenario as one HTML file that needs nothing else: pictures with their numbers
// behind them. docs/cluster.md says what each part shows.
#pragma once

#include <string>

#include "cluster/cluster_view.h"
#include "cluster/scenario.h"

namespace trainyard {

// `answer` is made with its operations kept. `scenario_text`: as the user wrote it.
std::string cluster_html(const Scenario& scenario, const ClusterAnswer& answer,
                         const std::string& scenario_text);

}  // namespace trainyard
