// SPDX-License-Identifier: Apache-2.0
// What one rank did in a step, as a graph of nodes: an execution trace as MLCommons Chakra has it
// (mlcommons/chakra: schema/protobuf/et_def.proto 1.0.0; what attributes mean is ASTRA-sim's,
// astra-sim: workload/Workload.cc). docs/chakra.md says how each is read.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fault.h"

namespace trainyard {

// Numbers of Chakra's NodeType and CollectiveCommType.
enum class TraceNodeKind : std::uint8_t {
  metadata = 1,
  load,
  store,
  compute,
  send,
  receive,
  collective,
};
enum class TraceCollective : std::uint8_t {
  all_reduce,
  reduce,
  all_gather,
  gather,
  scatter,
  broadcast,
  all_to_all,
  reduce_scatter,
  reduce_scatter_block,
  barrier,
};
std::string collective_name(TraceCollective kind);

struct TraceNode {
  std::uint64_t id = 0;
  TraceNodeKind kind = TraceNodeKind::compute;
  TraceCollective collective = TraceCollective::all_reduce;
  bool on_host = false;                          // is_cpu_op
  std::uint32_t name = 0, group = 0;             // of the trace's words; pg_name
  std::uint32_t parents_first = 0, parents = 0;  // data dependencies
  double seconds = 0;                            // as recorded; 0: nothing was
  double operations = 0;                         // num_ops
  double bytes = 0;                              // comm_size of exchanges, else tensor_size
  std::int64_t peer = -1;                        // whom it sends to or receives from
  std::int64_t tag = 0;

  bool exchanges() const { return kind >= TraceNodeKind::send; }
};

struct ExecutionTrace {
  std::string file, version;
  std::vector<TraceNode> nodes;  // by ascending id
  std::vector<std::uint64_t> parents;
  std::vector<std::string> words = {""};
  // Metadata nodes' inputs that may list process groups: the node's index and the text.
  std::vector<std::pair<std::size_t, std::string>> group_texts;

  const std::string& name(const TraceNode& node) const { return words[node.name]; }
  const std::string& group(const TraceNode& node) const { return words[node.group]; }
  std::span<const std::uint64_t> parents_of(const TraceNode& node) const {
    return {parents.data() + node.parents_first, node.parents};
  }
  // Adds a word, or finds it.
  std::uint32_t word(std::string_view text);
  // "trace.3.et: node 17 "all_reduce": <rule> (<hint>)"
  Fault fault(const TraceNode& node, std::string rule, std::string hint) const;

 private:
  std::map<std::string, std::uint32_t, std::less<>> word_at_ = {{"", 0}};
};

// What a build without protobuf answers.
Fault no_protobuf();

inline constexpr std::size_t kTraceNodesMax = 20'000'000;  // of all traces together

// PREFIX.RANK.et
std::string trace_file(const std::string& prefix, std::int64_t rank);

// Throw Fault(usage) with file, node, rule and way out for what is not a trace, and
// Fault(not_modelled) where the build has no protobuf. `rank`: whose trace it is.
ExecutionTrace read_execution_trace(const std::string& file, std::int64_t rank);
ExecutionTrace parse_execution_trace(std::string_view bytes, const std::string& file,
                                     std::int64_t rank);
// To trace.file. Durations are written twice: in whole microseconds, cut from a running clock so
// that their rounding never adds up, and exactly, as our own attribute duration_nanos.
void write_execution_trace(const ExecutionTrace& trace, const std::string& title);

}  // namespace trainyard
