// SPDX-License-Identifier: Apache-2.0
#include "chakra/trace_graph.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace trainyard {
namespace {

class Linking {
 public:
  Linking(const System& system, const TracedRanks& who, std::vector<ExecutionTrace> traces,
          const std::string& groups_file)
      : groups_(system, who, groups_file) {
    graph_.who = who;
    graph_.traces = std::move(traces);
  }

  TraceGraph link() {
    number();
    join_parents();
    find_cycle();
    for (std::uint32_t i = 0; i < graph_.traces.size(); ++i) meet(i);
    graph_.groups = groups_.all();
    for (const TraceMeeting& meeting : graph_.meetings) check_complete(meeting);
    for (const auto& [key, messages] : messages_) pair(messages);
    return std::move(graph_);
  }

 private:
  void number() {
    std::size_t count = 0;
    for (const ExecutionTrace& trace : graph_.traces) {
      graph_.first.push_back(static_cast<std::uint32_t>(count));
      count += trace.nodes.size();
      if (count > kTraceNodesMax) {
        throw Fault(FaultKind::limit, fmt::format("more than {} nodes in all", kTraceNodesMax),
                    "give one trace for ranks that are alike: represents")
            .in(trace.file);
      }
      graph_.trace.resize(count, static_cast<std::uint32_t>(graph_.first.size() - 1));
    }
    graph_.first.push_back(static_cast<std::uint32_t>(count));
    graph_.partner.assign(count, kNoTraceNode);
  }

  // Where a parent of `node` stands among all nodes.
  std::uint32_t find(const ExecutionTrace& trace, std::uint32_t first, const TraceNode& node,
                     std::uint64_t parent) const {
    // Ids mostly count up without a gap.
    const std::size_t guess = parent - trace.nodes.front().id;
    if (guess < trace.nodes.size() && trace.nodes[guess].id == parent) {
      return first + static_cast<std::uint32_t>(guess);
    }
    const auto found = std::lower_bound(
        trace.nodes.begin(), trace.nodes.end(), parent,
        [](const TraceNode& known, std::uint64_t wanted) { return known.id < wanted; });
    if (found == trace.nodes.end() || found->id != parent) {
      throw trace.fault(node, fmt::format("it depends on node {}, which is not there", parent),
                        "the trace is not whole: record it again, or remove the dependency");
    }
    return first + static_cast<std::uint32_t>(found - trace.nodes.begin());
  }

  template <typename Visit>
  void each_edge(const Visit& visit) const {
    for (std::size_t i = 0; i < graph_.traces.size(); ++i) {
      const ExecutionTrace& trace = graph_.traces[i];
      std::uint32_t at = graph_.first[i];
      for (const TraceNode& node : trace.nodes) {
        for (const std::uint64_t parent : trace.parents_of(node)) {
          visit(find(trace, graph_.first[i], node, parent), at);
        }
        ++at;
      }
    }
  }

  void join_parents() {
    std::vector<std::uint32_t>& first = graph_.children_first;
    first.assign(graph_.size() + 1, 0);
    each_edge([&](std::uint32_t parent, std::uint32_t) { ++first[parent + 1]; });
    for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
    graph_.children.resize(first.back());
    std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
    each_edge([&](std::uint32_t parent, std::uint32_t child) {
      graph_.children[next[parent]++] = child;
    });
  }

  // Takes away, again and again, nodes that nothing is left before; a cycle stays.
  void find_cycle() const {
    std::vector<std::uint32_t> waits(graph_.size());
    std::vector<std::uint32_t> ready;
    for (std::uint32_t at = 0; at < graph_.size(); ++at) {
      waits[at] = graph_.node(at).parents;
      if (waits[at] == 0) ready.push_back(at);
    }
    std::size_t left = graph_.size();
    while (!ready.empty()) {
      const std::uint32_t at = ready.back();
      ready.pop_back();
      --left;
      for (const std::uint32_t child : graph_.children_of(at)) {
        if (--waits[child] == 0) ready.push_back(child);
      }
    }
    if (left > 0) tell_cycle(waits);
  }

  // Every node that waits has a parent that waits: going back comes round.
  [[noreturn]] void tell_cycle(const std::vector<std::uint32_t>& waits) const {
    std::uint32_t at = 0;
    while (waits[at] == 0) ++at;
    std::vector<std::uint32_t> way;
    std::vector<bool> seen(graph_.size(), false);
    while (!seen[at]) {
      seen[at] = true;
      way.push_back(at);
      const ExecutionTrace& trace = graph_.trace_of(at);
      for (const std::uint64_t parent : trace.parents_of(graph_.node(at))) {
        const std::uint32_t before =
            find(trace, graph_.first[graph_.trace[at]], graph_.node(at), parent);
        if (waits[before] == 0) continue;
        at = before;
        break;
      }
    }
    way.erase(way.begin(), std::find(way.begin(), way.end(), at));
    constexpr std::size_t kShown = 8;
    std::string told = fmt::format("{}", graph_.node(at).id);
    for (std::size_t i = 1; i < std::min(way.size(), kShown); ++i) {
      told += fmt::format(" on {}", graph_.node(way[i]).id);
    }
    told += way.size() > kShown ? " on …" : "";
    throw graph_.fault(
        at,
        fmt::format("{} nodes wait for each other: {} on {}", way.size(), told, graph_.node(at).id),
        "dependencies point to what came before: remove one of these");
  }

  // The collectives of a trace take their places beside those of others, its messages queue up.
  void meet(std::uint32_t number) {
    const ExecutionTrace& trace = graph_.traces[number];
    groups_.begin(trace);
    std::map<std::uint32_t, std::size_t> counts;
    std::uint32_t at = graph_.first[number];
    for (const TraceNode& node : trace.nodes) {
      if (node.kind == TraceNodeKind::collective) {
        const std::uint32_t group = groups_.of(trace, node, graph_.who.rank_of(number));
        meetings_of_.resize(groups_.all().size());
        std::vector<std::uint32_t>& known = meetings_of_[group];
        const std::size_t place = counts[group]++;
        if (place == known.size()) {
          known.push_back(static_cast<std::uint32_t>(graph_.meetings.size()));
          graph_.meetings.push_back({group, node.collective, node.bytes, {}});
        }
        join(graph_.meetings[known[place]], at, node);
        graph_.partner[at] = known[place];
      } else if (node.exchanges()) {
        queue(number, at, node);
      }
      ++at;
    }
  }

  void join(TraceMeeting& meeting, std::uint32_t at, const TraceNode& node) const {
    if (!meeting.members.empty()) {
      const std::uint32_t other = meeting.members.front();
      const auto differs = [&](const std::string& mine, const std::string& theirs) {
        return graph_.fault(
            at,
            fmt::format("{} here, but {} in {}: node {} \"{}\", where its group "
                        "\"{}\" meets",
                        mine, theirs, graph_.trace_of(other).file, graph_.node(other).id,
                        graph_.trace_of(other).name(graph_.node(other)),
                        groups_.all()[meeting.group].name),
            "all ranks of a group have the same collectives in the order of ids");
      };
      if (node.collective != meeting.kind) {
        throw differs(collective_name(node.collective), collective_name(meeting.kind));
      }
      const bool adds_up = node.collective == TraceCollective::all_reduce ||
                           node.collective == TraceCollective::reduce ||
                           node.collective == TraceCollective::reduce_scatter ||
                           node.collective == TraceCollective::reduce_scatter_block;
      if (adds_up && node.bytes != meeting.bytes) {
        throw differs(fmt::format("comm_size {:.0f}", node.bytes),
                      fmt::format("{:.0f}", meeting.bytes));
      }
    }
    meeting.bytes = std::max(meeting.bytes, node.bytes);
    meeting.members.push_back(at);
  }

  void check_complete(const TraceMeeting& meeting) const {
    const TraceGroup& group = graph_.groups[meeting.group];
    const std::size_t wanted = group.traces.empty() ? graph_.traces.size() : group.traces.size();
    if (meeting.members.size() == wanted) return;
    std::uint32_t absent = 0;
    for (std::size_t i = 0; i < wanted; ++i) {
      absent = group.traces.empty() ? static_cast<std::uint32_t>(i) : group.traces[i];
      if (i >= meeting.members.size() || graph_.trace[meeting.members[i]] != absent) break;
    }
    throw graph_.fault(meeting.members.front(),
                       fmt::format("rank {} never arrives at this {} of group \"{}\": {} has fewer "
                                   "collectives of the group",
                                   graph_.who.rank_of(absent), collective_name(meeting.kind),
                                   group.name, graph_.traces[absent].file),
                       "record the same step on all ranks, or correct the group");
  }

  struct Messages {
    std::vector<std::uint32_t> sends, receives;
  };

  void queue(std::uint32_t number, std::uint32_t at, const TraceNode& node) {
    if (node.peer >= graph_.who.ranks) {
      throw graph_.fault(at, fmt::format("there is no rank {}", node.peer),
                         fmt::format("ranks are counted from 0 to {}", graph_.who.ranks - 1));
    }
    const std::uint32_t peer = graph_.who.trace_of(node.peer);
    if (node.kind == TraceNodeKind::send) {
      messages_[{number, peer, node.tag}].sends.push_back(at);
    } else {
      messages_[{peer, number, node.tag}].receives.push_back(at);
    }
  }

  void pair(const Messages& messages) {
    const std::size_t count = std::min(messages.sends.size(), messages.receives.size());
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t send = messages.sends[i], receive = messages.receives[i];
      const double sent = graph_.node(send).bytes, taken = graph_.node(receive).bytes;
      if (taken > 0 && taken != sent) {
        throw graph_.fault(
            receive,
            fmt::format("it takes {:.0f} bytes, but {} sends {:.0f} in node {}", taken,
                        graph_.trace_of(send).file, sent, graph_.node(send).id),
            "a send and its receive have one comm_size");
      }
      graph_.partner[send] = receive;
      graph_.partner[receive] = send;
    }
    if (messages.sends.size() == messages.receives.size()) return;
    const bool sent = messages.sends.size() > count;
    const std::uint32_t alone = sent ? messages.sends[count] : messages.receives[count];
    const TraceNode& node = graph_.node(alone);
    throw graph_.fault(alone,
                       fmt::format("rank {} has no {} for it: tag {}, the {}. of this pair",
                                   node.peer, sent ? "receive" : "send", node.tag, count + 1),
                       "sends and receives find each other by comm_src, comm_dst and comm_tag");
  }

  TraceGroups groups_;
  TraceGraph graph_;
  std::vector<std::vector<std::uint32_t>> meetings_of_;  // of each group, in order
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::int64_t>, Messages> messages_;
};

}  // namespace

TraceGraph link_traces(const System& system, const TracedRanks& who,
                       std::vector<ExecutionTrace> traces, const std::string& groups_file) {
  return Linking(system, who, std::move(traces), groups_file).link();
}

}  // namespace trainyard
