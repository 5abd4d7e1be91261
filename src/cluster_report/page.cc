// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/page.h"

#include "cluster_report/document_page.h"
#include "cluster_report/sections.h"

namespace trainyard {

std::string cluster_html(const Scenario& scenario, const ClusterAnswer& answer,
                         const std::string& scenario_text) {
  const ReportInput input{scenario, answer, scenario_text};
  std::vector<PagePart> parts;
  const auto add = [&](const char* id, const char* name,
                       void (*write)(Markup&, const ReportInput&)) {
    parts.push_back({id, name, [&input, write](Markup& page) { write(page, input); }});
  };
  add("timeline", "Timeline", write_timeline_section);
  add("time", "Time", write_time_section);
  add("energy", "Power", write_energy_section);
  add("run", "Cost", write_money_section);
  add("memory", "Memory", write_memory_section);
  add("scaling", "Scaling", write_scaling_section);
  if (answer.faults.has_value()) add("faults", "Faults", write_faults_section);
  if (answer.goodput.has_value()) add("goodput", "Failures", write_goodput_section);
  add("sensitivity", "Sensitivity", write_sensitivity_section);
  add("scenario", "Scenario", write_scenario_section);
  add("sources", "Sources", write_sources_section);
  return document_page(
      scenario.title, [&](Markup& page) { write_headline(page, input); }, parts);
}

}  // namespace trainyard
