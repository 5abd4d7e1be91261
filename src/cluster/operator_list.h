// SPDX-License-Identifier: Apache-2.0
// The operators of a scenario's layers, each with its shape as the sources are asked for it, its
// seconds and where they come from.
#pragma once

#include <string>
#include <vector>

#include "base/json_writer.h"
#include "cluster/scenario.h"

namespace trainyard {

struct ListedOperator {
  const char* layer = "";  // "dense", "expert", "head"
  const char* name = "";
  const char* pass = "";  // "forward", "backward", "input gradient", "weights' gradient"
  OperatorShape shape;
  SourcedSeconds time;  // of one layer and micro-batch

  TimeSource source() const;
};

std::vector<ListedOperator> list_operators(const Scenario& scenario);

// The list as an OperatorTable reads it, every shape once.
std::string operators_csv(const std::vector<ListedOperator>& list);
// Their fields as a list into an object that is open: "operators".
void write_operators(JsonWriter& json, const std::vector<ListedOperator>& list);

// "80.0 % from the core, 20.0 % from the roofline"
std::string sources_words(const SourcedSeconds& operators);

}  // namespace trainyard
