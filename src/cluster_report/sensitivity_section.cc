// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/quantity_text.h"
#include "cluster_report/sections.h"
#include "cluster_report/swings.h"

namespace trainyard {
void write_sensitivity_section(Markup& page, const ReportInput& input) {
  page.element("h2", "What the answer rests on");
  write_sensitivity(page, input.answer.sensitivity,
                    {{"The step's time", "step", seconds_text},
                     {"Its energy", "energy", [](double joules) { return si_text(joules, "J"); }}});
}

}  // namespace trainyard
