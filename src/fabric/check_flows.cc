// SPDX-License-Identifier: Apache-2.0
#include "fabric/check_flows.h"

#include <algorithm>
#include <cmath>

#include "base/fault.h"

namespace trainyard {

void check_flows(const FlowPaths& paths, std::span<const double> bytes_per_s,
                 std::span<const double> bytes, std::span<const double> start_s) {
  const auto negative = [](double value) { return !(value >= 0) || !std::isfinite(value); };
  const auto no_rate = [](double value) { return !(value > 0) || !std::isfinite(value); };
  const auto no_link = [&](std::uint32_t link) { return link >= bytes_per_s.size(); };
  if (bytes.size() != paths.size() || (!start_s.empty() && start_s.size() != paths.size())) {
    throw Fault(FaultKind::internal, "flows have not as many bytes or starts as paths");
  }
  if (std::any_of(paths.links.begin(), paths.links.end(), no_link)) {
    throw Fault(FaultKind::internal, "a flow crosses a link that is not there");
  }
  if (std::any_of(bytes_per_s.begin(), bytes_per_s.end(), no_rate)) {
    throw Fault(FaultKind::usage, "a link's bytes/s are more than 0 and finite",
                "send no flow over a link that has failed");
  }
  if (std::any_of(bytes.begin(), bytes.end(), negative)) {
    throw Fault(FaultKind::usage, "a flow's bytes are finite and not negative");
  }
  if (std::any_of(start_s.begin(), start_s.end(), negative)) {
    throw Fault(FaultKind::usage, "a flow starts at a finite time that is not negative");
  }
}

}  // namespace trainyard
