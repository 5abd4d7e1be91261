// SPDX-License-Identifier: Apache-2.0
// A served model's answer as one HTML file that needs nothing else: pictures with their numbers
// behind them. docs/serving.md says what each part shows.
#pragma once

#include <string>

#include "serving/simulate.h"

namespace trainyard {

// `scenario_text`: as the user wrote it.
std::string serving_html(const ServingScenario& scenario, const ServingAnswer& answer,
                         const std::string& scenario_text);

}  // namespace trainyard
