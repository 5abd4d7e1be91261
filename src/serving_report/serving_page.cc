// SPDX-License-Identifier: Apache-2.0
#include "serving_report/serving_page.h"

#include "cluster_report/document_page.h"
#include "serving_report/serving_parts.h"

namespace trainyard {

std::string serving_html(const ServingScenario& scenario, const ServingAnswer& answer,
                         const std::string& scenario_text) {
  const ServingInput input{scenario, answer, scenario_text};
  std::vector<PagePart> parts;
  const auto add = [&](const char* id, const char* name,
                       void (*write)(Markup&, const ServingInput&)) {
    parts.push_back({id, name, [&input, write](Markup& page) { write(page, input); }});
  };
  add("latency", "Latency", write_latency_part);
  add("load", "Over time", write_load_part);
  add("time", "Time", write_time_part);
  add("energy", "Power", write_power_part);
  add("run", "Cost", write_cost_part);
  add("memory", "Memory", write_memory_part);
  add("sensitivity", "Sensitivity", write_moved_part);
  add("scenario", "Scenario", write_scenario_part);
  add("sources", "Sources", write_sources_part);
  return document_page(
      scenario.title, [&](Markup& page) { write_serving_headline(page, input); }, parts);
}

}  // namespace trainyard
