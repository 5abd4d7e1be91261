// SPDX-License-Identifier: Apache-2.0
// Scenarios of tests: a whole one, and the same with words changed.
#pragma once

#include <string>

#include "cluster/scenario.h"

namespace trainyard {

inline const char* const kLlama = R"(title = "Llama-3-405B"
[system]
base = "hgx-h100"
chips = 16384
[model]
layers = 126
hidden = 16384
heads = 128
kv_heads = 8
ffn = 53248
vocab = 128256
[training]
sequence = 8192
global_batch = 2048
[plan]
tensor = 8
pipeline = 16
zero = 2
)";

inline std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  return text.replace(at, from.size(), to);  // throws where `from` is not there
}

inline Scenario scenario_of(const std::string& text) {
  return read_scenario(parse_toml(text, "scenario.toml"));
}

}  // namespace trainyard
