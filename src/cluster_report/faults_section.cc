// SPDX-License-Identifier: Apache-2.0
// The step with every chip by itself, and what each kind of fault does alone.
#include <fmt/format.h>

#include "cluster_report/quantity_text.h"
#include "cluster_report/sections.h"
#include "cluster_report/table.h"

namespace trainyard {

void write_faults_section(Markup& page, const ReportInput& input) {
  const ExplicitStep& faults = *input.answer.faults;
  page.element("h2", "What faults and noise do");
  page.open("p");
  page.text("With every chip as it is a step takes ");
  page.number(faults.seconds, seconds_text(faults.seconds));
  page.text(", ");
  page.number(faults.slowdown(), fmt::format("{:.4f}", faults.slowdown()));
  page.text(fmt::format(" times the symmetric step; its depth is \"{}\": {}.",
                        depth_name(faults.depth), faults.why));
  page.close();
  Table causes(page, {}, {{"by itself"}, {"step", true}, {"longer by", true}, {"what"}});
  for (const SlowdownCause& cause : faults.causes) {
    causes.row([&](Table& row) {
      row.cell(cause.name);
      row.cell(cause.seconds, seconds_text(cause.seconds));
      const double longer = cause.seconds / faults.symmetric_s - 1;
      row.cell(longer, fmt::format("{:.2f} %", 100 * longer));
      row.cell(cause.what);
    });
  }
  causes.close();
  Facts facts(page);
  facts.count("replicas that go together", faults.lanes);
  facts.count("classes of them that were evaluated", faults.classes);
  facts.close();
}

}  // namespace trainyard
