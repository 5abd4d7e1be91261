// SPDX-License-Identifier: Apache-2.0
// A small scenario of serving, and the same with words changed.
#pragma once

#include <string>

#include "serving/simulate.h"

namespace trainyard {

inline const char* const kServing = R"(title = "8B"
[system]
base = "trn2-ultraserver"
chips = 2
[model]
layers = 32
hidden = 4096
heads = 32
kv_heads = 8
ffn = 14336
vocab = 128256
[serving]
max_batch = 64
max_tokens = 2048
[plan]
tensor = 8
[requests]
count = 2000
per_s = 10
input_mean = 500
input_cv = 1
output_mean = 100
output_cv = 1
)";

inline std::string changed(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  return text.replace(at, from.size(), to);  // throws where `from` is not there
}

inline ServingScenario serving_of(const std::string& text) {
  return read_serving(parse_toml(text, "serving.toml"));
}

inline std::vector<Request> alike(std::size_t count, double gap_s, std::int64_t input,
                                  std::int64_t output) {
  std::vector<Request> requests(count);
  for (std::size_t i = 0; i < count; ++i) {
    requests[i].arrival_s = gap_s * static_cast<double>(i);
    requests[i].input = input;
    requests[i].output = output;
  }
  return requests;
}

}  // namespace trainyard
