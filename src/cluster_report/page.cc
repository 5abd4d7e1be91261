// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/page.h"

#include "cluster_report/markup.h"
#include "cluster_report/page_style.h"
#include "cluster_report/sections.h"

namespace trainyard {
namespace {

struct Section {
  const char* link;
  const char* name;
  void (*write)(Markup&, const ReportInput&);
};

constexpr Section kSections[] = {
    {"#timeline", "Timeline", write_timeline_section},
    {"#time", "Time", write_time_section},
    {"#energy", "Power", write_energy_section},
    {"#run", "Cost", write_money_section},
    {"#memory", "Memory", write_memory_section},
    {"#scaling", "Scaling", write_scaling_section},
    {"#faults", "Faults", write_faults_section},
    {"#goodput", "Failures", write_goodput_section},
    {"#sensitivity", "Sensitivity", write_sensitivity_section},
    {"#scenario", "Scenario", write_scenario_section},
    {"#sources", "Sources", write_sources_section},
};

void write_head(Markup& page, const Scenario& scenario) {
  page.open("head");
  page.empty("meta", {{"charset", "utf-8"}});
  page.empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  // A browser would ask the site for an icon.
  page.empty("link", {{"rel", "icon"}, {"href", "data:,"}});
  page.element("title", scenario.title);
  page.open("style");
  page.raw(kPageStyle);
  page.close();
  page.close();
}

}  // namespace

std::string cluster_html(const Scenario& scenario, const ClusterAnswer& answer,
                         const std::string& scenario_text) {
  const ReportInput input{scenario, answer, scenario_text};
  Markup page;
  page.raw("<!DOCTYPE html>\n");
  page.open("html", {{"lang", "en"}});
  write_head(page, scenario);
  page.open("body");
  page.open("main");
  write_headline(page, input);
  page.open("nav", {{"aria-label", "Parts of this report"}});
  for (const Section& section : kSections) {
    const bool empty = (section.write == write_faults_section && !answer.faults.has_value()) ||
                       (section.write == write_goodput_section && !answer.goodput.has_value());
    if (!empty) page.element("a", {{"href", section.link}}, section.name);
  }
  page.close();
  for (const Section& section : kSections) section.write(page, input);
  page.element("footer",
               "Made by trainyard cluster. A model, not a measurement: docs/validation.md says how "
               "far it is off on published ones. Names of products are their owners'.");
  page.close();
  page.open("script");
  page.raw(kPageScript);
  page.close();
  page.close();
  page.close();
  return page.finished();
}

}  // namespace trainyard
