// SPDX-License-Identifier: Apache-2.0
// The parts of a report of training, in the order of the page; each stands in its <section>.
#pragma once

#include <string>

#include "cluster/cluster_view.h"
#include "cluster/scenario.h"
#include "cluster_report/markup.h"

namespace trainyard {

struct ReportInput {
  const Scenario& scenario;
  const ClusterAnswer& answer;
  const std::string& scenario_text;
};

void write_headline(Markup& page, const ReportInput& input);
void write_timeline_section(Markup& page, const ReportInput& input);
void write_time_section(Markup& page, const ReportInput& input);
void write_energy_section(Markup& page, const ReportInput& input);
void write_money_section(Markup& page, const ReportInput& input);
void write_memory_section(Markup& page, const ReportInput& input);
void write_scaling_section(Markup& page, const ReportInput& input);
// Of a scenario with [faults], and with [reliability].
void write_faults_section(Markup& page, const ReportInput& input);
void write_goodput_section(Markup& page, const ReportInput& input);
void write_sensitivity_section(Markup& page, const ReportInput& input);
void write_scenario_section(Markup& page, const ReportInput& input);
void write_sources_section(Markup& page, const ReportInput& input);

// "pipeline_bubble" as words: "pipeline bubble".
std::string part_words(const std::string& name);

}  // namespace trainyard
