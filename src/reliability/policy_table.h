// SPDX-License-Identifier: Apache-2.0
// The [reliability] table of a scenario. docs/reliability.md lists its keys.
#pragma once

#include <string>

#include "base/table_reader.h"
#include "reliability/policy.h"

namespace trainyard {

struct ReliabilityQuestion {
  std::string profile = "large-clusters";  // of machines/reliability/, or a path that ends in .toml
  ReliabilityPolicy policy;
  GoodputOptions options;
};

// Every key has a default; one that is not known is a fault with file and line.
ReliabilityQuestion read_reliability_question(TableReader& table);

}  // namespace trainyard
