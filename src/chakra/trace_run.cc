// SPDX-License-Identifier: Apache-2.0
#include "chakra/trace_run.h"

#include <algorithm>
#include <array>
#include <functional>
#include <queue>
#include <utility>

#include <fmt/format.h>

#include "chakra/trace_chips.h"
#include "chakra/trace_cost.h"

namespace trainyard {
namespace {

// When it is free again, and who holds it till then.
struct Stream {
  double free_s = 0;
  std::uint32_t last = kNoTraceNode;
};

enum class StreamKind : std::uint8_t { chip, host, memory, sends };
constexpr std::size_t kStreams = 4;

StreamKind stream_of(const TraceNode& node) {
  if (node.kind == TraceNodeKind::send) return StreamKind::sends;
  if (node.kind == TraceNodeKind::load || node.kind == TraceNodeKind::store) {
    return StreamKind::memory;
  }
  return node.on_host || node.kind == TraceNodeKind::metadata ? StreamKind::host : StreamKind::chip;
}

class Running {
 public:
  Running(const TraceScenario& scenario, const TraceGraph& graph)
      : graph_(graph),
        costs_(scenario),
        chips_(scenario),
        streams_(graph.traces.size()),
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
      if (waits_[at] == 0) events_.emplace(0.0, at);
    }
    while (!events_.empty()) {
      const auto [ready_s, at] = events_.top();
      events_.pop();
      begin(at, ready_s);
    }
    if (ended_ < graph_.size()) tell_deadlock();
    return std::move(run_);
  }

 private:
  void begin(std::uint32_t at, double ready_s) {
    const TraceNode& node = graph_.node(at);
    ready_[at].free_s = ready_s;
    if (node.kind == TraceNodeKind::collective) {
      arrive(at, ready_s);
    } else if (node.kind == TraceNodeKind::receive) {
      if (!done_[at]) receive(at);
    } else {
      const std::uint32_t trace = graph_.trace[at];
      const StreamKind kind = stream_of(node);
      Stream& stream = streams_[trace][static_cast<std::size_t>(kind)];
      const bool sends = node.kind == TraceNodeKind::send;
      double seconds = sends ? costs_.send_s(graph_.who.rank_of(trace), node.peer, node.bytes)
                             : costs_.node_s(node);
      if (kind == StreamKind::chip) seconds *= chips_.slowness(trace, at - graph_.first[trace]);
      take(stream, at, ready_s, ready_[at].last, seconds);
      end(at);
      // Its receive may have waited for it.
      const std::uint32_t partner = graph_.partner[at];
      if (sends && posted(partner)) receive(partner);
    }
  }

  // From when its parents were there or the stream is free.
  void take(Stream& stream, std::uint32_t at, double ready_s, std::uint32_t parent,
            double seconds) {
    NodeTimes& times = run_.nodes[at];
    const bool held = stream.free_s > ready_s;
    times.begin_s = held ? stream.free_s : ready_s;
    times.before = held ? stream.last : parent;
    times.end_s = times.begin_s + seconds;
    stream = {times.end_s, at};
  }

  void arrive(std::uint32_t at, double ready_s) {
    const std::uint32_t number = graph_.partner[at];
    const TraceMeeting& meeting = graph_.meetings[number];
    if (++arrived_[number] < meeting.members.size()) return;
    // Time goes on from event to event: this one is the last to be ready.
    const TraceGroup& group = graph_.groups[meeting.group];
    take(groups_[meeting.group], at, ready_s, ready_[at].last, costs_.meeting_s(meeting, group));
    for (const std::uint32_t member : meeting.members) {
      run_.nodes[member] = run_.nodes[at];
      end(member);
    }
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
      if (--waits_[child] == 0) events_.emplace(ready.free_s, child);
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
  std::vector<std::array<Stream, kStreams>> streams_;
  std::vector<Stream> groups_;
  std::vector<std::size_t> arrived_;
  std::vector<std::uint32_t> waits_;
  std::vector<Stream> ready_;  // of each node: when, and by whose end
  std::vector<bool> done_;
  std::size_t ended_ = 0;
  using Event = std::pair<double, std::uint32_t>;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
};

}  // namespace

TraceRun run_traces(const TraceScenario& scenario, const TraceGraph& graph) {
  return Running(scenario, graph).run();
}

}  // namespace trainyard
