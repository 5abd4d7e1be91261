// SPDX-License-Identifier: Apache-2.0
#include "chakra/execution_trace.h"

#include <array>

#include <fmt/format.h>

namespace trainyard {

std::string collective_name(TraceCollective kind) {
  constexpr std::array<const char*, 10> names = {
      "all-reduce", "reduce",         "all-gather",           "gather", "scatter", "broadcast",
      "all-to-all", "reduce-scatter", "reduce-scatter-block", "barrier"};
  return names[static_cast<std::size_t>(kind)];
}

std::uint32_t ExecutionTrace::word(std::string_view text) {
  if (const auto found = word_at_.find(text); found != word_at_.end()) return found->second;
  const auto at = static_cast<std::uint32_t>(words.size());
  words.emplace_back(text);
  word_at_.emplace(text, at);
  return at;
}

Fault ExecutionTrace::fault(const TraceNode& node, std::string rule, std::string hint) const {
  Fault made(FaultKind::usage, std::move(rule), std::move(hint));
  made.in(file, fmt::format("node {} \"{}\"", node.id, name(node)));
  return made;
}

Fault no_protobuf() {
  return Fault(FaultKind::not_modelled,
               "this build of Trainyard cannot read or write Chakra traces",
               "install protobuf from 3.21 on (Debian: libprotobuf-dev protobuf-compiler) and "
               "build again");
}

std::string trace_file(const std::string& prefix, std::int64_t rank) {
  return fmt::format("{}.{}.et", prefix, rank);
}

}  // namespace trainyard
