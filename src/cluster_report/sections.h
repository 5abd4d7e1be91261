// SPDX-License-Identifier: Apache-2.0
// The parts of a report, in the order of the page; each opens and closes one <section>.
#pragma once

#include <string>

#include "cluster/cluster_view.h"
#include "cluster/scenario.h"
#include "cluster_report/markup.h"

namespace trainyard {

// Energies of the model are right within this share (docs/energy.md).
inline constexpr double kEnergyBand = 0.3;

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
// Nothing for a scenario without [faults].
void write_faults_section(Markup& page, const ReportInput& input);
// Nothing for a scenario without [reliability].
void write_goodput_section(Markup& page, const ReportInput& input);
void write_sensitivity_section(Markup& page, const ReportInput& input);
void write_scenario_section(Markup& page, const ReportInput& input);
void write_sources_section(Markup& page, const ReportInput& input);

// "pipeline_bubble" as words: "pipeline bubble".
std::string part_words(const std::string& name);

}  // namespace trainyard
