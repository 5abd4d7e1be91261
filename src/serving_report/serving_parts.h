// SPDX-License-Identifier: Apache-2.0
// The parts of a report of serving, in the order of the page; each stands in its <section>.
#pragma once

#include <string>

#include "cluster_report/markup.h"
#include "serving/simulate.h"

namespace trainyard {

struct ServingInput {
  const ServingScenario& scenario;
  const ServingAnswer& answer;
  const std::string& scenario_text;
};

void write_serving_headline(Markup& page, const ServingInput& input);
void write_latency_part(Markup& page, const ServingInput& input);
void write_load_part(Markup& page, const ServingInput& input);
void write_time_part(Markup& page, const ServingInput& input);
void write_power_part(Markup& page, const ServingInput& input);
void write_cost_part(Markup& page, const ServingInput& input);
void write_memory_part(Markup& page, const ServingInput& input);
void write_moved_part(Markup& page, const ServingInput& input);
void write_scenario_part(Markup& page, const ServingInput& input);
void write_sources_part(Markup& page, const ServingInput& input);

}  // namespace trainyard
