// SPDX-License-Identifier: Apache-2.0
// How long requests wait for their tokens.
#include <array>

#include <fmt/format.h>

#include "cluster_report/curves.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/table.h"
#include "serving_report/serving_parts.h"

namespace trainyard {
namespace {

struct Waits {
  const char* name;
  const char* colour;
  const TimeSpread& times;
};

std::array<Waits, 3> waits_of(const ServingReport& report) {
  return {{{"time to first token", "c-matmul", report.ttft_s},
           {"time per token after", "c-network", report.tpot_s},
           {"latency of the whole request", "c-weights", report.latency_s}}};
}

std::string share_text(double share) {
  return fmt::format("{:.4g} %", 100 * share);
}

}  // namespace

void write_latency_part(Markup& page, const ServingInput& input) {
  const ServingReport& report = input.answer.report;
  page.element("h2", "How long requests wait");
  page.element("p",
               "How many of all requests have what by when. A curve that is steep is the same for "
               "all; a tail to the right is who waits long.");
  std::vector<Curve> curves;
  std::vector<std::pair<std::string, std::string>> legend;
  for (const Waits& waits : waits_of(report)) {
    Curve curve{std::string("line ") + waits.colour, {}};
    for (const TimeSpread::Quantile& at : waits.times.quantiles) {
      curve.points.emplace_back(at.seconds, at.share);
    }
    curves.push_back(std::move(curve));
    legend.emplace_back(waits.colour, waits.name);
  }
  draw_curves(page,
              {"Share of the requests against time",
               "Three curves: to the first token, per token after, the whole request. The tables "
               "that follow have the numbers.",
               "within", "of the requests", seconds_text, percent_text, true},
              curves);
  write_legend(page, legend);
  Table table(page, {}, {{""}, {"mean", true}, {"p50", true}, {"p90", true}, {"p99", true}});
  const auto spread_row = [&](const char* name, const TimeSpread& times) {
    table.row([&](Table& row) {
      row.cell(name);
      for (const double seconds : {times.mean, times.p50, times.p90, times.p99}) {
        row.cell(seconds, seconds_text(seconds));
      }
    });
  };
  for (const Waits& waits : waits_of(report)) {
    spread_row(waits.name, waits.times);
  }
  spread_row("between two tokens (of all pairs, not of requests)", report.itl_s);
  table.close();
  for (const Waits& waits : waits_of(report)) {
    folded_table(page, fmt::format("As a table: {}", waits.name), {{"of all"}, {"within", true}},
                 [&](Table& folded) {
                   for (const TimeSpread::Quantile& at : waits.times.quantiles) {
                     folded.row([&](Table& row) {
                       row.cell(at.share, share_text(at.share));
                       row.cell(at.seconds, seconds_text(at.seconds));
                     });
                   }
                 });
  }
}

}  // namespace trainyard
