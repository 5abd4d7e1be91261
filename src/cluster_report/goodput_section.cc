// SPDX-License-Identifier: Apache-2.0
// What failures leave of the run, and the intervals between checkpoints that keep most of it.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cluster_report/plot.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/sections.h"
#include "cluster_report/swings.h"
#include "cluster_report/table.h"

namespace trainyard {
namespace {

constexpr double kLeft = 64, kRight = 940, kTop = 18, kBottom = 210;

std::string fine_percent(double share) {
  return fmt::format("{:.2f} %", 100 * share);
}

const char* kind_words(IntervalKind kind) {
  return kind == IntervalKind::disk     ? "disk checkpoints"
         : kind == IntervalKind::memory ? "checkpoints in memory"
                                        : "validations";
}

const char* kind_class(IntervalKind kind) {
  return kind == IntervalKind::disk     ? "disk"
         : kind == IntervalKind::memory ? "memory"
                                        : "validation";
}

class SearchPicture {
 public:
  SearchPicture(Markup& page, const IntervalSearch& search, double own_s)
      : page_(page), search_(search), own_s_(own_s) {
    double low = 1, high = 0;
    for (const IntervalPoint& point : search.points) {
      low = std::min(low, point.goodput.low);
      high = std::max(high, point.goodput.high);
    }
    // A search tries absurd intervals too; what is far below the best only flattens the rest.
    low = std::max(low, search.best.goodput.mean - 0.2);
    const double room = std::max(0.05 * (high - low), 1e-4);
    y_ = {low - room, std::min(1.0, high + room), kBottom, kTop};
    x_ = {std::min(own_s, search.points.front().interval_s),
          std::max(own_s, search.points.back().interval_s), kLeft + 14, kRight - 14, true};
  }

  void draw() {
    const std::string title =
        fmt::format("Goodput against the interval of {}", kind_words(search_.kind));
    open_picture(page_, kBottom + 44, title,
                 "The pale band is the 95 % interval of the mean. The table that follows has the "
                 "numbers.");
    draw_axes();
    draw_curve();
    const double best = x_.at(search_.best.interval_s);
    page_.empty("circle", {{"class", fmt::format("dot here c-{}", kind_class(search_.kind))},
                           {"cx", fmt::format("{:.1f}", best)},
                           {"cy", fmt::format("{:.1f}", y(search_.best.goodput.mean))},
                           {"r", "6"}});
    if (search_.young_s > x_.from && search_.young_s < x_.to) {
      draw_line(page_, "cut", x_.at(search_.young_s), kTop, x_.at(search_.young_s), kBottom);
      draw_text(page_, "mid", x_.at(search_.young_s), kTop - 6, "Young's formula");
    }
    if (own_s_ != search_.best.interval_s) {
      draw_line(page_, "full", x_.at(own_s_), kTop, x_.at(own_s_), kBottom);
      draw_text(page_, "full mid", x_.at(own_s_), kBottom - 6, "this job");
    }
    close_picture(page_);
  }

 private:
  double y(double goodput) const { return y_.at(std::clamp(goodput, y_.from, y_.to)); }

  void draw_axes() {
    const double span = y_.to - y_.from;
    for (const double value : round_steps(y_.from, y_.to, 4)) {
      draw_line(page_, "grid", kLeft, y_.at(value), kRight, y_.at(value));
      draw_text(page_, "end", kLeft - 8, y_.at(value) + 4,
                fmt::format("{:.{}f} %", 100 * value,
                            span < 0.005  ? 2
                            : span < 0.05 ? 1
                                          : 0));
    }
    draw_line(page_, "axis", kLeft, kBottom, kRight, kBottom);
    double before = -1e9;
    for (const double mark : {1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 3600.0,
                              7200.0, 14'400.0, 43'200.0, 86'400.0, 259'200.0, 864'000.0}) {
      if (mark < x_.from || mark > x_.to || x_.at(mark) < before + 60) continue;
      before = x_.at(mark);
      draw_line(page_, "axis", before, kBottom, before, kBottom + 4);
      draw_text(page_, "mid", before, kBottom + 18, seconds_text(mark));
    }
    draw_text(page_, "mid", (kLeft + kRight) / 2, kBottom + 38, "interval");
  }

  void draw_curve() {
    std::string line, band, back;
    for (const IntervalPoint& point : search_.points) {
      const double x = x_.at(point.interval_s);
      const char* go = line.empty() ? "M" : "L";
      line += fmt::format("{}{:.1f} {:.1f}", go, x, y(point.goodput.mean));
      band += fmt::format("{}{:.1f} {:.1f}", go, x, y(point.goodput.high));
      back.insert(0, fmt::format("L{:.1f} {:.1f}", x, y(point.goodput.low)));
    }
    const std::string colour = kind_class(search_.kind);
    page_.empty("path", {{"class", "band c-" + colour}, {"d", band + back + "z"}});
    page_.empty("path", {{"class", "line c-" + colour}, {"d", line}});
  }

  Markup& page_;
  const IntervalSearch& search_;
  const double own_s_;
  PlotAxis x_, y_;
};

// Of steps without noise, as a search counts them.
double interval_of(const ReliabilityJob& job, IntervalKind kind) {
  const std::int64_t steps = kind == IntervalKind::disk     ? job.disk.interval_steps
                             : kind == IntervalKind::memory ? job.memory.interval_steps
                                                            : job.validation.interval_steps;
  return static_cast<double>(steps) * job.step_s;
}

void write_search(Markup& page, const IntervalSearch& search, double own_s) {
  page.element("h3", fmt::format("How often: {}", kind_words(search.kind)));
  page.open("p");
  page.text("Best is every ");
  page.number(search.best.interval_s, seconds_text(search.best.interval_s));
  page.text(", a goodput of ");
  page.number(search.best.goodput.mean, fine_percent(search.best.goodput.mean));
  page.text("; from ");
  page.number(search.good_from_s, seconds_text(search.good_from_s));
  page.text(" to ");
  page.number(search.good_to_s, seconds_text(search.good_to_s));
  page.text(" it is as good within what the simulation can tell. This job has one every ");
  page.number(own_s, seconds_text(own_s));
  page.text(". Young's formula says ");
  page.number(search.young_s, seconds_text(search.young_s));
  page.text(" (goodput ");
  page.number(search.young_goodput, fine_percent(search.young_goodput));
  page.text("), Daly's ");
  page.number(search.daly_s, seconds_text(search.daly_s));
  page.text(".");
  if (!search.remark.empty()) page.text(" " + search.remark);
  page.close();
  if (search.points.size() < 2) return;
  SearchPicture(page, search, own_s).draw();
  folded_table(page, "As a table",
               {{"interval"}, {"steps", true}, {"goodput", true}, {"from", true}, {"to", true}},
               [&](Table& table) {
                 for (const IntervalPoint& point : search.points) {
                   table.row([&](Table& row) {
                     row.cell(point.interval_s, seconds_text(point.interval_s));
                     row.cell(static_cast<double>(point.steps),
                              count_text(static_cast<double>(point.steps)));
                     for (const double goodput :
                          {point.goodput.mean, point.goodput.low, point.goodput.high}) {
                       row.cell(goodput, fine_percent(goodput));
                     }
                   });
                 }
               });
}

void write_losses(Markup& page, const GoodputReport& report) {
  page.element("h3", "What the rest goes to");
  std::vector<Part> parts;
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    if (static_cast<Cause>(cause) == Cause::useful) continue;
    const double share = report.shares[cause];
    std::string name = cause_name(static_cast<Cause>(cause));
    std::replace(name.begin(), name.end(), ' ', '_');
    parts.push_back({name,
                     share,
                     fine_percent(share),
                     {{share * report.days * 86'400, seconds_text(share * report.days * 86'400)}}});
  }
  write_parts(page, "Parts of the lost time; the table that follows has them", "of the run", parts,
              {"time"});
}

void write_kinds(Markup& page, const GoodputReport& report) {
  folded_table(page, "Failures by kind as a table",
               {{"kind"},
                {"what it does"},
                {"failures", true},
                {"interruptions", true},
                {"time lost", true},
                {"origin"}},
               [&](Table& table) {
                 for (const KindReport& kind : report.kinds) {
                   table.row([&](Table& row) {
                     row.cell(kind.name);
                     row.cell(kind.effect);
                     row.cell(kind.failures, digits_text(kind.failures));
                     row.cell(kind.interruptions, digits_text(kind.interruptions));
                     row.cell(kind.lost_share, fine_percent(kind.lost_share));
                     row.badge(kind.origin);
                   });
                 }
               });
}

void write_figures(Markup& page, const GoodputReport& report) {
  page.open("details");
  page.element("summary", "All figures of the simulation");
  Facts facts(page);
  facts.count("runs simulated", report.runs);
  facts.count("seed", static_cast<std::int64_t>(report.seed));
  facts.count("nodes", report.nodes);
  facts.count("spare nodes", report.spare_nodes);
  facts.number("days", report.days, digits_text(report.days));
  facts.number("useful", report.share(Cause::useful), fine_percent(report.share(Cause::useful)));
  facts.number("with what noise and stragglers add to steps", report.effective,
               fine_percent(report.effective));
  for (const auto& [name, estimate] :
       {std::pair<const char*, const Estimate*>{"goodput", &report.goodput},
        {"steps kept", &report.steps},
        {"interruptions", &report.interruptions}}) {
    const auto text = [&](double value) {
      return estimate == &report.goodput ? fine_percent(value) : digits_text(value);
    };
    const std::string of = name;
    facts.number((of + ", mean").c_str(), estimate->mean, text(estimate->mean));
    facts.number((of + ", mean from").c_str(), estimate->low, text(estimate->low));
    facts.number((of + ", mean to").c_str(), estimate->high, text(estimate->high));
    facts.number((of + ", 95 % of runs from").c_str(), estimate->life_low,
                 text(estimate->life_low));
    facts.number((of + ", 95 % of runs to").c_str(), estimate->life_high,
                 text(estimate->life_high));
  }
  facts.number("a failure every", report.failure_gap_s, seconds_text(report.failure_gap_s));
  facts.number("an interruption every", report.interruption_gap_s,
               seconds_text(report.interruption_gap_s));
  facts.number("restores from disk", report.disk_restores, digits_text(report.disk_restores));
  facts.number("restores from memory", report.memory_restores, digits_text(report.memory_restores));
  facts.number("restarts that failed", report.restarts_broken, digits_text(report.restarts_broken));
  facts.number("corruptions never found", report.corruptions_unfound,
               digits_text(report.corruptions_unfound));
  facts.number("nodes in repair at once, most", report.nodes_out_most,
               digits_text(report.nodes_out_most));
  facts.number("runs that never returned", report.never_returned,
               percent_text(report.never_returned));
  facts.number("mean step over the step above", report.noise_factor,
               fmt::format("{:.4f}", report.noise_factor));
  facts.number("interval in memory", report.memory_interval_s,
               seconds_text(report.memory_interval_s));
  facts.number("interval on disk", report.disk_interval_s, seconds_text(report.disk_interval_s));
  facts.number("interval of validations", report.validation_interval_s,
               seconds_text(report.validation_interval_s));
  facts.close();
  page.close();
}

void write_moved(Markup& page, const GoodputSensitivity& told) {
  page.element("h3", "What the goodput rests on");
  page.open("p");
  page.text(
      "Each rate of failures and each assumed number halved (rust) and doubled (blue); all "
      "together, as independent errors, the goodput lies between ");
  page.number(told.low, fine_percent(told.low));
  page.text(" and ");
  page.number(told.high, fine_percent(told.high));
  page.text("; with none moved, in as many runs, it is ");
  page.number(told.goodput, fine_percent(told.goodput));
  page.text(".");
  page.close();
  std::vector<Swing> swings;
  for (const Moved& moved : told.moved) {
    if (moved.at_half != moved.at_double) {
      swings.push_back({moved.number.key, moved.at_half, moved.at_double});
    }
  }
  if (!swings.empty()) {
    draw_swings(page,
                {"The goodput with rates and assumed numbers moved",
                 "One bar a number: the goodput with it half and twice as large. The shaded band "
                 "is all together. A table follows.",
                 told.goodput, told.low, told.high, percent_text},
                swings);
  }
  folded_table(page, "All of them as a table",
               {{"number"},
                {"goodput, half", true},
                {"goodput, twice", true},
                {"origin"},
                {"source, or why it is assumed"}},
               [&](Table& table) {
                 for (const Moved& moved : told.moved) {
                   const SourcedNumber& number = moved.number;
                   table.row([&](Table& row) {
                     row.cell(number.key);
                     row.cell(moved.at_half, fine_percent(moved.at_half));
                     row.cell(moved.at_double, fine_percent(moved.at_double));
                     row.badge(number.origin);
                     row.cell(number.why.empty() ? number.source : number.why);
                   });
                 }
               });
}

// What a step with all faults leaves of it.
void write_with_faults(Markup& page, const ReportInput& input) {
  if (!input.answer.faults.has_value()) return;
  const double slowdown = input.answer.faults->slowdown();
  page.open("p");
  page.text("Steps are those without this scenario's faults. With them each takes ");
  page.number(slowdown, fmt::format("{:.4f}", slowdown));
  page.text(" times as long, and of the time ");
  page.number(input.answer.goodput_with_faults(), fine_percent(input.answer.goodput_with_faults()));
  page.text(" goes into what a step without them would do.");
  page.close();
}

}  // namespace

void write_goodput_section(Markup& page, const ReportInput& input) {
  const GoodputAnswer& answer = *input.answer.goodput;
  const GoodputReport& report = answer.goodput;
  page.element("h2", "What failures leave");
  page.open("p");
  page.text(fmt::format("Of {} days ", digits_text(report.days)));
  page.number(report.goodput.mean, fine_percent(report.goodput.mean));
  page.text(
      fmt::format(" go into steps that are kept (mean of {} simulated runs, between {} and {}; "
                  "95 % of runs lie from {} to {}), with {} interruptions.",
                  report.runs, fine_percent(report.goodput.low), fine_percent(report.goodput.high),
                  fine_percent(report.goodput.life_low), fine_percent(report.goodput.life_high),
                  digits_text(report.interruptions.mean)));
  page.close();
  for (const std::string& remark : report.remarks) page.element("p", remark);
  write_with_faults(page, input);
  write_losses(page, report);
  for (const IntervalSearch& search : answer.intervals) {
    write_search(page, search, interval_of(answer.job, search.kind));
  }
  write_moved(page, answer.sensitivity);
  write_kinds(page, report);
  write_figures(page, report);
}

}  // namespace trainyard
