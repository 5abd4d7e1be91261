// SPDX-License-Identifier: Apache-2.0
// Process groups of traces: which ranks take part in a collective. A name means what the trace's
// own metadata nodes say (PyTorch's "process_group:init"), else what the groups file says
// (ASTRA-sim's JSON: {"1": [0, 1, 2, 3]}); no name, and "0" where nothing says otherwise, is
// everybody.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "chakra/execution_trace.h"
#include "fabric/collective.h"

namespace trainyard {

// Traces and the ranks that they stand for: trace i is that of rank i * represents, and of as many
// ranks alike.
struct TracedRanks {
  std::int64_t ranks = 1, represents = 1;

  std::int64_t rank_of(std::size_t trace) const {
    return static_cast<std::int64_t>(trace) * represents;
  }
  std::uint32_t trace_of(std::int64_t rank) const {
    return static_cast<std::uint32_t>(rank / represents);
  }
  std::size_t traces() const { return static_cast<std::size_t>(ranks / represents); }
};

struct TraceGroup {
  std::string name;                   // the first that it was met by
  std::vector<std::int64_t> ranks;    // ascending; empty: everybody
  std::vector<std::uint32_t> traces;  // that stand for its ranks, ascending; empty: all
  GroupLayout layout;
};

class TraceGroups {
 public:
  // `file`: empty for none. Throws Fault(usage).
  TraceGroups(const System& system, const TracedRanks& who, const std::string& file);

  // The group of a collective of the trace of `rank`: groups of the same ranks are one.
  std::uint32_t of(const ExecutionTrace& trace, const TraceNode& node, std::int64_t rank);
  // From now on names are this trace's.
  void begin(const ExecutionTrace& trace);

  const std::vector<TraceGroup>& all() const { return groups_; }

 private:
  using Names = std::map<std::string, std::uint32_t, std::less<>>;

  void read(const std::string& file);
  std::uint32_t add(const std::string& name, std::vector<std::int64_t> ranks);
  bool has(const TraceGroup& group, std::int64_t rank) const;

  const System& system_;
  const TracedRanks& who_;
  const bool file_given_;
  std::vector<TraceGroup> groups_;
  std::map<std::vector<std::int64_t>, std::uint32_t> by_ranks_;
  Names from_file_, from_trace_;
};

// How ranks lie on the tree. At even distances as lay_group has it; else the unit that holds most
// of them stands for the others of its level.
GroupLayout lay_ranks(const System& system, const std::vector<std::int64_t>& ranks);

}  // namespace trainyard
