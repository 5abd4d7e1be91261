// SPDX-License-Identifier: Apache-2.0
// Requests in the order in which they arrive: from a trace, or drawn.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "serving/serving.h"

namespace trainyard {

struct Request {
  double arrival_s = 0;
  std::int64_t input = 0, output = 0;  // tokens, at least one each
  std::vector<std::uint64_t> prefix;   // hashes of its input's whole blocks, from the beginning
};

// CSV `arrival_s,input_tokens,output_tokens[,prefix]` (hashes with spaces between), Azure's
// `TIMESTAMP,ContextTokens,GeneratedTokens`, or lines of JSON as Mooncake's: timestamp in ms,
// input_length, output_length, hash_ids. By the first line. Throws Fault(usage) with file:line.
std::vector<Request> parse_trace(std::string_view text, const std::string& file);
std::vector<Request> draw_requests(const RequestSource& source);
// One or the other; a trace's path is relative to `from_file`.
std::vector<Request> make_requests(const RequestSource& source, const std::string& from_file);

}  // namespace trainyard
