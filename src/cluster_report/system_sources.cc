// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/system_sources.h"

#include <array>

#include <fmt/format.h>

#include "cluster_report/table.h"

namespace trainyard {

void write_scenario_file(Markup& page, const std::string& text) {
  page.open("details");
  page.element("summary", "Its file");
  page.element("pre", text);
  page.close();
}

void write_system_sources(Markup& page, const System& system) {
  std::array<std::size_t, 4> counts = {};
  for (const SystemInput& number : system.inputs) {
    ++counts[static_cast<std::size_t>(number.provenance.origin)];
  }
  page.element(
      "p",
      fmt::format("Of the system's {} numbers {} are published by its maker, {} derived "
                  "from public material, {} assumed by us{}.",
                  system.inputs.size(), counts[0], counts[1], counts[2],
                  counts[3] > 0 ? fmt::format(", {} changed by this scenario", counts[3]) : ""));
  Table table(page, {}, {{"number"}, {"value", true}, {"origin"}, {"source"}});
  for (const SystemInput& number : system.inputs) {
    const Provenance& from = number.provenance;
    table.row([&](Table& row) {
      row.cell(number.path);
      if (from.text.empty()) {
        row.cell(from.value, fmt::format("{:.6g} {}", from.value, from.unit));
      } else {
        row.cell({{"class", "n"}}, from.text);
      }
      row.badge(origin_name(from.origin));
      row.cell(from.why.empty() || from.why == "-" ? from.source
                                                   : fmt::format("{}: {}", from.source, from.why));
    });
  }
  table.close();
}

}  // namespace trainyard
