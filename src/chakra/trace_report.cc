// SPDX-License-Identifier: Apache-2.0
#include "chakra/trace_report.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "chakra/trace_cost.h"

namespace trainyard {
namespace {

using Spans = std::vector<std::pair<double, double>>;  // begin and end

// Ascending, and no two that touch.
void join(Spans& spans) {
  std::sort(spans.begin(), spans.end());
  std::size_t last = 0;
  for (std::size_t i = 1; i < spans.size(); ++i) {
    if (spans[i].first <= spans[last].second) {
      spans[last].second = std::max(spans[last].second, spans[i].second);
    } else {
      spans[++last] = spans[i];
    }
  }
  if (!spans.empty()) spans.resize(last + 1);
}

double length(const Spans& spans) {
  double sum = 0;
  for (const auto& [begin_s, end_s] : spans) sum += end_s - begin_s;
  return sum;
}

// Of both, which are joined.
double overlap(const Spans& a, const Spans& b) {
  double sum = 0;
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    sum += std::max(0.0, std::min(a[i].second, b[j].second) - std::max(a[i].first, b[j].first));
    if (a[i].second < b[j].second) {
      ++i;
    } else {
      ++j;
    }
  }
  return sum;
}

TraceRankTimes rank_times(const TraceGraph& graph, const TraceRun& run, std::size_t trace) {
  TraceRankTimes made;
  made.rank = graph.who.rank_of(trace);
  made.nodes = graph.traces[trace].nodes.size();
  Spans chip, exchange, host, memory;
  for (std::uint32_t at = graph.first[trace]; at < graph.first[trace + 1]; ++at) {
    const TraceNode& node = graph.node(at);
    const NodeTimes& times = run.nodes[at];
    made.end_s = std::max(made.end_s, times.end_s);
    std::pair<double, double> span = {times.begin_s, times.end_s};
    switch (node.kind) {
      case TraceNodeKind::compute:
        (node.on_host ? host : chip).push_back(span);
        break;
      case TraceNodeKind::load:
      case TraceNodeKind::store:
        memory.push_back(span);
        break;
      case TraceNodeKind::receive:
        // It is on its way since it was sent, whenever it was waited for.
        span.first =
            std::min(span.second, std::max(span.first, run.nodes[graph.partner[at]].begin_s));
        exchange.push_back(span);
        break;
      case TraceNodeKind::send:
      case TraceNodeKind::collective:
        exchange.push_back(span);
        break;
      case TraceNodeKind::metadata:
        break;
    }
  }
  for (Spans* spans : {&chip, &exchange, &host, &memory}) join(*spans);
  made.chip_s = length(chip);
  made.exchange_s = length(exchange);
  made.host_s = length(host);
  made.memory_s = length(memory);
  made.exposed_s = made.exchange_s - overlap(chip, exchange);
  made.waiting_s = std::max(0.0, run.seconds - made.chip_s - made.exposed_s);
  return made;
}

std::string part_of(const TraceNode& node) {
  switch (node.kind) {
    case TraceNodeKind::compute:
      return node.on_host ? "host" : "chip";
    case TraceNodeKind::load:
    case TraceNodeKind::store:
      return "memory";
    case TraceNodeKind::send:
    case TraceNodeKind::receive:
      return "send";
    case TraceNodeKind::collective:
      return collective_name(node.collective);
    case TraceNodeKind::metadata:
      break;
  }
  return "metadata";
}

std::vector<TracePart> longest_first(const std::map<std::string, TracePart>& parts) {
  std::vector<TracePart> made;
  for (const auto& [name, part] : parts) made.push_back(part);
  std::stable_sort(made.begin(), made.end(),
                   [](const TracePart& a, const TracePart& b) { return a.seconds > b.seconds; });
  return made;
}

// Back from the node that ends last, to what let each begin.
void follow_path(const TraceGraph& graph, const TraceRun& run, TraceReport& report) {
  std::uint32_t at = 0;
  for (std::uint32_t i = 0; i < graph.size(); ++i) {
    if (run.nodes[i].end_s > run.nodes[at].end_s) at = i;
  }
  std::map<std::string, TracePart> parts, names;
  std::set<std::uint32_t> ranks;
  while (at != kNoTraceNode) {
    const TraceNode& node = graph.node(at);
    const NodeTimes& times = run.nodes[at];
    // What a node waits for is the way's own part, before it.
    const double since_s = times.before == kNoTraceNode ? 0 : run.nodes[times.before].end_s;
    const auto add = [&](std::map<std::string, TracePart>& to, const std::string& name) {
      TracePart& part = to[name];
      part.name = name;
      part.seconds += times.end_s - since_s;
      ++part.nodes;
    };
    add(parts, part_of(node));
    add(names, graph.trace_of(at).name(node));
    ++report.path_nodes;
    ranks.insert(graph.trace[at]);
    at = times.before;
  }
  report.path_ranks = static_cast<std::int64_t>(ranks.size());
  report.path = longest_first(parts);
  report.path_names = longest_first(names);
}

}  // namespace

TraceReport report_traces(const TraceScenario& scenario, const TraceGraph& graph,
                          const TraceRun& run) {
  TraceReport report;
  report.seconds = run.seconds;
  report.nodes = graph.size();
  const TraceCosts costs(scenario);
  for (const ExecutionTrace& trace : graph.traces) {
    for (const TraceNode& node : trace.nodes) report.by_roofline += costs.by_roofline(node) ? 1 : 0;
  }
  for (std::size_t i = 0; i < graph.traces.size(); ++i) {
    report.ranks.push_back(rank_times(graph, run, i));
  }
  follow_path(graph, run, report);
  return report;
}

TraceReport replay_traces(const TraceScenario& scenario) {
  const TraceGraph graph = load_traces(scenario);
  const TraceRun run = run_traces(scenario, graph, ExchangeLinks::shared);
  TraceReport report = report_traces(scenario, graph, run);
  report.alike_s = report.apart_s = report.seconds;
  if (run.slowed) report.apart_s = run_traces(scenario, graph, ExchangeLinks::own).seconds;
  if (scenario.faults.any()) {
    TraceScenario alike = scenario;
    alike.faults = {};
    report.alike_s = run_traces(alike, graph, ExchangeLinks::shared).seconds;
  }
  return report;
}

}  // namespace trainyard
