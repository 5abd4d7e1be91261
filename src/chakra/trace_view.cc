// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "chakra/trace_report.h"

namespace trainyard {
namespace {

constexpr std::size_t kRanksShown = 16, kNamesShown = 10;

std::string parts_text(const std::vector<TracePart>& parts, double step_s, std::size_t shown) {
  std::string text;
  for (std::size_t i = 0; i < std::min(parts.size(), shown); ++i) {
    text += fmt::format("  {:<40}{:>10.4g} s {:>6.1f} %{:>9}\n", parts[i].name.substr(0, 39),
                        parts[i].seconds, 100 * parts[i].seconds / step_s, parts[i].nodes);
  }
  return text;
}

void write_parts(JsonWriter& json, const char* key, const std::vector<TracePart>& parts) {
  json.objects(key, parts, [&](const TracePart& part) {
    json.field("name", part.name);
    json.field("time_s", part.seconds);
    json.field("nodes", part.nodes);
  });
}

std::string slower_words(const TraceScenario& scenario, const TraceReport& report) {
  std::string words;
  const auto than = [&](double seconds, const char* what) {
    if (seconds <= 0) return;
    words += fmt::format(", {:.2f} % longer than {}", 100 * (report.seconds / seconds - 1), what);
  };
  if (scenario.faults.any()) than(report.alike_s, "with all chips alike");
  if (report.apart_s != report.seconds) than(report.apart_s, "if no exchange slowed another");
  return words;
}

}  // namespace

std::string traces_text(const TraceScenario& scenario, const TraceReport& report) {
  std::string text = fmt::format(
      "{}\n\n"
      "  system   {}, {} chips, {} ranks\n"
      "  traces   {}, each for {} ranks, {} nodes, {} of them by the roofline\n"
      "  software {}\n\n"
      "step {:.4g} s{}\n\n",
      scenario.title, scenario.system.title, scenario.chips, scenario.who.ranks,
      report.ranks.size(), scenario.who.represents, report.nodes, report.by_roofline,
      scenario.software.name, report.seconds, slower_words(scenario, report));
  const double step_s = report.seconds > 0 ? report.seconds : 1;
  text +=
      fmt::format("the longest way: {} nodes of {} traces\n", report.path_nodes, report.path_ranks);
  text += parts_text(report.path, step_s, report.path.size());
  text += "by name\n" + parts_text(report.path_names, step_s, kNamesShown);
  text +=
      fmt::format("\n{:>10}{:>11}{:>11}{:>11}   of the step, in %{}\n", "rank", "chip", "exposed",
                  "waiting", report.ranks.size() > kRanksShown ? "; those that wait least" : "");
  std::vector<TraceRankTimes> ranks = report.ranks;
  if (ranks.size() > kRanksShown) {
    std::stable_sort(
        ranks.begin(), ranks.end(),
        [](const TraceRankTimes& a, const TraceRankTimes& b) { return a.waiting_s < b.waiting_s; });
    ranks.resize(kRanksShown);
  }
  for (const TraceRankTimes& rank : ranks) {
    text +=
        fmt::format("{:>10}{:>11.1f}{:>11.1f}{:>11.1f}\n", rank.rank, 100 * rank.chip_s / step_s,
                    100 * rank.exposed_s / step_s, 100 * rank.waiting_s / step_s);
  }
  return text;
}

std::string traces_json(const TraceScenario& scenario, const TraceReport& report) {
  JsonWriter json;
  json.begin_object();
  json.field("title", scenario.title);
  json.field("system", scenario.system.name);
  json.field("chips", scenario.chips);
  json.field("ranks", scenario.who.ranks);
  json.field("represents", scenario.who.represents);
  json.field("software", scenario.software.name);
  json.field("step_s", report.seconds);
  json.field("alike_step_s", report.alike_s);
  json.field("apart_step_s", report.apart_s);
  json.field("nodes", report.nodes);
  json.field("nodes_by_roofline", report.by_roofline);
  json.field("path_nodes", report.path_nodes);
  json.field("path_traces", report.path_ranks);
  write_parts(json, "path", report.path);
  write_parts(json, "path_names", report.path_names);
  json.objects("traces", report.ranks, [&](const TraceRankTimes& rank) {
    json.field("rank", rank.rank);
    json.field("nodes", rank.nodes);
    json.field("end_s", rank.end_s);
    json.field("chip_s", rank.chip_s);
    json.field("exposed_s", rank.exposed_s);
    json.field("waiting_s", rank.waiting_s);
    json.field("exchange_s", rank.exchange_s);
    json.field("host_s", rank.host_s);
    json.field("memory_s", rank.memory_s);
  });
  json.end_object();
  return json.text();
}

}  // namespace trainyard
