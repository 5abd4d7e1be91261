// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/power_part.h"

#include <fmt/format.h>

#include "cluster/step_view.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/table.h"

namespace trainyard {

void write_power(Markup& page, const StepEnergy& energy, double seconds, const std::string& whole) {
  page.element("h2", "Where the watts go");
  const double watts = energy.total_j() / seconds;
  page.element("p", fmt::format("The mean {} at the facility's meter: {} to {}, a band of "
                                "{:.0f} % either way, as no wattage of a part is measured.",
                                whole, si_text(watts * (1 - kEnergyBand), "W"),
                                si_text(watts * (1 + kEnergyBand), "W"), 100 * kEnergyBand));
  std::vector<Part> parts;
  for (const auto& [name, joules] : parts_of(energy)) {
    const double part = joules / seconds;
    parts.push_back({name, part, si_text(part, "W"), {{joules, si_text(joules, "J")}}});
  }
  write_parts(page, "Parts of the power; the table that follows has them", "mean power", parts,
              {whole});
}

}  // namespace trainyard
