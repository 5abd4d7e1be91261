// SPDX-License-Identifier: Apache-2.0
#include "chakra/trace_groups.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/document.h"

namespace trainyard {
namespace {

// Ascending and each once, or why not.
std::vector<std::int64_t> ranks_of(const DocumentNode& list, std::int64_t ranks,
                                   std::string& wrong) {
  std::vector<std::int64_t> made;
  if (!list.is(DocumentNode::Kind::list)) wrong = "a group is a list of ranks";
  for (const DocumentNode& item : list.items) {
    const bool is_rank = item.is(DocumentNode::Kind::number) && item.whole && item.number >= 0 &&
                         item.number < static_cast<double>(ranks);
    if (!is_rank) {
      wrong = fmt::format("a group lists ranks from 0 to {}", ranks - 1);
      return made;
    }
    made.push_back(static_cast<std::int64_t>(item.number));
  }
  std::sort(made.begin(), made.end());
  if (std::adjacent_find(made.begin(), made.end()) != made.end()) {
    wrong = "a group lists a rank twice";
  }
  return made;
}

}  // namespace

GroupLayout lay_ranks(const System& system, const std::vector<std::int64_t>& ranks) {
  const auto size = static_cast<double>(ranks.size());
  if (ranks.size() < 2) return lay_group(system, size, 1);
  const std::int64_t stride = ranks[1] - ranks[0];
  bool even = true;
  for (std::size_t i = 1; i < ranks.size(); ++i) even &= ranks[i] - ranks[i - 1] == stride;
  if (even) return lay_group(system, size, static_cast<double>(stride));
  GroupLayout group;
  group.size = size;
  for (const Level& level : system.levels) {
    if (&level == &system.levels.back()) break;
    const auto unit = static_cast<std::int64_t>(system.ranks_of(static_cast<double>(level.chips)));
    double most = 0, count = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      const bool same = i > 0 && ranks[i] / unit == ranks[i - 1] / unit;
      count = same ? count + 1 : 1;
      most = std::max(most, count);
    }
    group.members.push_back(most);
  }
  group.members.push_back(size);
  return group;
}

TraceGroups::TraceGroups(const System& system, const TracedRanks& who, const std::string& file)
    : system_(system), who_(who), file_given_(!file.empty()) {
  if (file_given_) read(file);
}

void TraceGroups::read(const std::string& file) {
  const Document document = read_document(file);
  for (const auto& [name, list] : document.root.members) {
    std::string wrong;
    std::vector<std::int64_t> ranks = ranks_of(list, who_.ranks, wrong);
    if (wrong.empty() && ranks.empty()) wrong = "a group has at least one rank";
    if (!wrong.empty()) {
      throw Fault(FaultKind::usage, wrong, "{\"1\": [0, 1, 2, 3]}")
          .at({file, list.line})
          .in("\"" + name + "\"");
    }
    from_file_[name] = add(name, std::move(ranks));
  }
}

std::uint32_t TraceGroups::add(const std::string& name, std::vector<std::int64_t> ranks) {
  if (static_cast<std::int64_t>(ranks.size()) == who_.ranks) ranks.clear();
  const auto [found, is_new] = by_ranks_.emplace(ranks, static_cast<std::uint32_t>(groups_.size()));
  if (!is_new) return found->second;
  TraceGroup group;
  group.name = name;
  for (const std::int64_t rank : ranks) {
    const std::uint32_t trace = who_.trace_of(rank);
    if (group.traces.empty() || group.traces.back() != trace) group.traces.push_back(trace);
  }
  group.layout = ranks.empty() ? lay_group(system_, static_cast<double>(who_.ranks), 1)
                               : lay_ranks(system_, ranks);
  group.ranks = std::move(ranks);
  groups_.push_back(std::move(group));
  return found->second;
}

void TraceGroups::begin(const ExecutionTrace& trace) {
  from_trace_.clear();
  for (const auto& [at, text] : trace.group_texts) {
    // Python's words of a list that holds JSON: ['[{"pg_name": "0", "ranks": [0, 1]}]'].
    const std::size_t first = text.find("[{"), last = text.rfind("}]");
    if (first == std::string::npos || last == std::string::npos || last < first) continue;
    const TraceNode& node = trace.nodes[at];
    Document document;
    try {
      document =
          parse_json("{\"groups\": " + text.substr(first, last + 2 - first) + "}", trace.file);
    } catch (const Fault& fault) {
      throw trace.fault(node, "its process groups are no JSON: " + fault.rule(),
                        "a list of {\"pg_name\": \"1\", \"ranks\": [0, 1]}");
    }
    for (const DocumentNode& item : document.root.members.front().second.items) {
      const DocumentNode* name = item.find("pg_name");
      const DocumentNode* list = item.find("ranks");
      std::string wrong;
      if (name == nullptr || list == nullptr) wrong = "a process group has pg_name and ranks";
      std::vector<std::int64_t> ranks;
      if (wrong.empty()) ranks = ranks_of(*list, who_.ranks, wrong);
      if (!wrong.empty()) throw trace.fault(node, wrong, "{\"pg_name\": \"1\", \"ranks\": [0, 1]}");
      const std::string known =
          name->is(DocumentNode::Kind::number) ? fmt::format("{}", name->number) : name->words;
      from_trace_[known] = add(known, std::move(ranks));
    }
  }
}

bool TraceGroups::has(const TraceGroup& group, std::int64_t rank) const {
  return group.ranks.empty() || std::binary_search(group.ranks.begin(), group.ranks.end(), rank);
}

std::uint32_t TraceGroups::of(const ExecutionTrace& trace, const TraceNode& node,
                              std::int64_t rank) {
  const std::string& name = trace.group(node);
  const auto find = [&](const Names& names) {
    const auto found = names.find(name);
    return found == names.end() ? groups_.size() : std::size_t{found->second};
  };
  std::size_t at = name.empty() ? groups_.size() : find(from_trace_);
  if (at == groups_.size() && !name.empty()) at = find(from_file_);
  if (at == groups_.size() && (name.empty() || name == "0")) at = add("everybody", {});
  if (at >= groups_.size()) {
    throw trace.fault(node, fmt::format("the process group \"{}\" is unknown", name),
                      file_given_ ? "add it to the groups file"
                                  : "name a groups file in [workload], or record the metadata "
                                    "nodes too");
  }
  if (!has(groups_[at], rank)) {
    throw trace.fault(node, fmt::format("rank {} is not in its process group \"{}\"", rank, name),
                      "correct the group, or the file's rank");
  }
  return static_cast<std::uint32_t>(at);
}

}  // namespace trainyard
