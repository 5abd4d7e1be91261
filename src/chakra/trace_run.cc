// SPDX-License-Identifier: Apache-2.0
#include "chakra/trace_run.h"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <queue>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "chakra/exchanges_in_flight.h"
#include "chakra/trace_chips.h"
#include "chakra/trace_cost.h"

namespace trainyard {
namespace {

// When it is free again, and who holds it till then.
struct Stream {
  double free_s = 0;
  std::uint32_t last = kNoTraceNode;
};

// Exchanges one after the other: when one ends is known when it does.
struct Line {
  Stream stream;
  bool busy = false;
  std::deque<std::uint32_t> waiting;
};

enum class StreamKind : std::uint8_t { chip, host, memory };
constexpr std::size_t kStreams = 3;

StreamKind stream_of(const TraceNode& node) {
  if (node.kind == TraceNodeKind::load || node.kind == TraceNodeKind::store) {
    return StreamKind::memory;
  }
  return node.on_host || node.kind == TraceNodeKind::metadata ? StreamKind::host : StreamKind::chip;
}

class Running {
 public:
  Running(const TraceScenario& scenario, const TraceGraph& graph, ExchangeLinks links)
      : graph_(graph),
        costs_(scenario),
        chips_(scenario),
        links_(links),
        levels_(scenario.system.levels.size()),
        in_flight_(2 * graph.traces.size() * levels_),
        streams_(graph.traces.size()),
        sends_(graph.traces.size()),
        groups_(graph.groups.size()),
        arrived_(graph.meetings.size(), 0),
        waits_(graph.size()),
        ready_(graph.size()),
        done_(graph.size(), false) {
    run_.nodes.resize(graph.size());
  }

  TraceRun run() {
    for (std::uint32_t at = 0; at < graph_.size(); ++at) {
      waits_[at] = graph_.node(at).parents;
      if (waits_[at] == 0) events_.emplace(0.0, What::ready, at);
    }
    while (!events_.empty()) {
      const auto [now_s, what, at] = events_.top();
      events_.pop();
      if (what == What::ready) {
        begin(at, now_s);
      } else if (what == What::moves) {
        move(at, now_s);
      } else if (run_.nodes[at].end_s == now_s && !done_[at]) {
        arrive(at, now_s);
      }
    }
    if (ended_ < graph_.size()) tell_deadlock();
    run_.slowed = in_flight_.slowed();
    return std::move(run_);
  }

 private:
  // In the order in which those of one time are taken.
  enum class What : std::uint8_t { arrives, moves, ready };
  using Event = std::tuple<double, What, std::uint32_t>;

  void begin(std::uint32_t at, double ready_s) {
    const TraceNode& node = graph_.node(at);
    ready_[at].free_s = ready_s;
    if (node.kind == TraceNodeKind::collective) {
      // Time goes on from event to event: the last to be ready is the one that begins it.
      const std::uint32_t meeting = graph_.partner[at];
      if (++arrived_[meeting] == graph_.meetings[meeting].members.size()) join(line_of(at), at);
    } else if (node.kind == TraceNodeKind::send) {
      join(line_of(at), at);
    } else if (node.kind == TraceNodeKind::receive) {
      if (!done_[at]) receive(at);
    } else {
      const std::uint32_t trace = graph_.trace[at];
      const StreamKind kind = stream_of(node);
      Stream& stream = streams_[trace][static_cast<std::size_t>(kind)];
      double seconds = costs_.node_s(node);
      if (kind == StreamKind::chip) seconds *= chips_.slowness(trace, at - graph_.first[trace]);
      take(stream, at);
      NodeTimes& times = run_.nodes[at];
      times.end_s = times.begin_s + seconds;
      stream = {times.end_s, at};
      end(at);
    }
  }

  // From when its parents were there or the stream is free.
  void take(const Stream& stream, std::uint32_t at) {
    NodeTimes& times = run_.nodes[at];
    const bool held = stream.free_s > ready_[at].free_s;
    times.begin_s = held ? stream.free_s : ready_[at].free_s;
    times.before = held ? stream.last : ready_[at].last;
  }

  // ---- exchanges, each by the node that begins it
  bool meets(std::uint32_t at) const { return graph_.node(at).kind == TraceNodeKind::collective; }
  Line& line_of(std::uint32_t at) {
    return meets(at) ? groups_[graph_.meetings[graph_.partner[at]].group]
                     : sends_[graph_.trace[at]];
  }
  ExchangeCost cost_of(std::uint32_t at) const {
    if (!meets(at)) {
      const TraceNode& node = graph_.node(at);
      return costs_.send(graph_.who.rank_of(graph_.trace[at]), node.peer, node.bytes);
    }
    const TraceMeeting& meeting = graph_.meetings[graph_.partner[at]];
    return costs_.meeting(meeting, graph_.groups[meeting.group]);
  }

  void join(Line& line, std::uint32_t at) {
    if (line.busy) return line.waiting.push_back(at);
    line.busy = true;
    take(line.stream, at);
    const ExchangeCost cost = cost_of(at);
    NodeTimes& times = run_.nodes[at];
    times.end_s = times.begin_s + cost.seconds;
    if (links_ == ExchangeLinks::shared && cost.seconds > cost.latency_s) {
      events_.emplace(times.begin_s + cost.latency_s, What::moves, at);
    } else {
      events_.emplace(times.end_s, What::arrives, at);
    }
  }

  void move(std::uint32_t at, double now_s) {
    in_flight_.begin(at, now_s, run_.nodes[at].end_s, links_of(at));
    note_moved();
  }

  void note_moved() {
    for (const ExchangesInFlight::End& moved : in_flight_.moved()) {
      run_.nodes[moved.name].end_s = moved.end_s;
      events_.emplace(moved.end_s, What::arrives, moved.name);
    }
  }

  // A rank's links of a level, out and in. A collective sends and gets on all its ranks.
  std::vector<LinkUse> links_of(std::uint32_t at) const {
    const ExchangeCost cost = cost_of(at);
    std::vector<LinkUse> uses;
    const auto add = [&](std::size_t trace, std::size_t way) {
      for (std::size_t level = 0; level < levels_; ++level) {
        if (cost.busy[level] <= 0) continue;
        const std::size_t link = 2 * (trace * levels_ + level) + way;
        uses.push_back({static_cast<std::uint32_t>(link), cost.busy[level]});
      }
    };
    if (!meets(at)) {
      add(graph_.trace[at], 0);
      add(graph_.who.trace_of(graph_.node(at).peer), 1);
      return uses;
    }
    for (const std::uint32_t member : graph_.meetings[graph_.partner[at]].members) {
      for (const std::size_t way : {0, 1}) add(graph_.trace[member], way);
    }
    return uses;
  }

  void arrive(std::uint32_t at, double now_s) {
    if (in_flight_.has(at)) {
      in_flight_.end(at, now_s);
      note_moved();
    }
    Line& line = line_of(at);
    line.stream = {now_s, at};
    line.busy = false;
    if (meets(at)) {
      for (const std::uint32_t member : graph_.meetings[graph_.partner[at]].members) {
        run_.nodes[member] = run_.nodes[at];
        end(member);
      }
    } else {
      end(at);
      // Its receive may have waited for it.
      if (posted(graph_.partner[at])) receive(graph_.partner[at]);
    }
    if (line.waiting.empty()) return;
    const std::uint32_t next = line.waiting.front();
    line.waiting.pop_front();
    join(line, next);
  }

  bool posted(std::uint32_t receive) const { return waits_[receive] == 0 && !done_[receive]; }

  void receive(std::uint32_t at) {
    const std::uint32_t send = graph_.partner[at];
    NodeTimes& times = run_.nodes[at];
    times.begin_s = ready_[at].free_s;
    if (!done_[send]) return;
    const bool late = run_.nodes[send].end_s > times.begin_s;
    times.end_s = late ? run_.nodes[send].end_s : times.begin_s;
    times.before = late ? send : ready_[at].last;
    end(at);
  }

  void end(std::uint32_t at) {
    const double end_s = run_.nodes[at].end_s;
    done_[at] = true;
    ++ended_;
    run_.seconds = std::max(run_.seconds, end_s);
    for (const std::uint32_t child : graph_.children_of(at)) {
      Stream& ready = ready_[child];
      if (ready.last == kNoTraceNode || end_s > ready.free_s) ready = {end_s, at};
      if (--waits_[child] == 0) events_.emplace(ready.free_s, What::ready, child);
    }
  }

  // Of everything that waits, a collective some ranks of which are there, or a receive.
  [[noreturn]] void tell_deadlock() const {
    std::uint32_t at = 0;
    while (done_[at] || waits_[at] > 0) ++at;
    const TraceNode& node = graph_.node(at);
    std::uint32_t other = graph_.partner[at];
    if (node.kind == TraceNodeKind::collective) {
      const TraceMeeting& meeting = graph_.meetings[other];
      const auto absent = std::find_if(meeting.members.begin(), meeting.members.end(),
                                       [&](std::uint32_t member) { return waits_[member] > 0; });
      other = *absent;
    }
    throw graph_.fault(
        at,
        fmt::format("the ranks wait for each other: rank {} is here and waits for node {} \"{}\" "
                    "of {}, which never begins",
                    graph_.who.rank_of(graph_.trace[at]), graph_.node(other).id,
                    graph_.trace_of(other).name(graph_.node(other)), graph_.trace_of(other).file),
        "exchanges come in the same order on all ranks: correct the dependencies before both");
  }

  const TraceGraph& graph_;
  const TraceCosts costs_;
  const TraceChips chips_;
  TraceRun run_;
  const ExchangeLinks links_;
  const std::size_t levels_;
  ExchangesInFlight in_flight_;
  std::vector<std::array<Stream, kStreams>> streams_;
  std::vector<Line> sends_, groups_;
  std::vector<std::size_t> arrived_;
  std::vector<std::uint32_t> waits_;
  std::vector<Stream> ready_;  // of each node: when, and by whose end
  std::vector<bool> done_;
  std::size_t ended_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
};

}  // namespace

TraceRun run_traces(const TraceScenario& scenario, const TraceGraph& graph, ExchangeLinks links) {
  return Running(scenario, graph, links).run();
}

}  // namespace trainyard
