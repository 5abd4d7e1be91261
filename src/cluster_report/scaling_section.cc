// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cluster_report/curves.h"
#include "cluster_report/plot.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/scaling.h"
#include "cluster_report/sections.h"
#include "cluster_report/table.h"

namespace trainyard {
namespace {

constexpr double kLeft = 64, kRight = 940, kTop = 14, kBottom = 270;

class ScalingPicture {
 public:
  ScalingPicture(Markup& page, const Scenario& scenario, const Scaling& scaling)
      : page_(page), scenario_(scenario) {
    x_ = {1e300, 1, kLeft + 14, kRight - 14, true};
    y_ = {0, 0, kBottom, kTop};
    for (const auto* points : {&scaling.weak, &scaling.strong}) {
      for (const ScalingPoint& point : *points) {
        x_.from = std::min(x_.from, static_cast<double>(point.chips));
        x_.to = std::max(x_.to, static_cast<double>(point.chips));
        y_.to = std::max(y_.to, point.tokens_per_s_chip() * 1.06);
      }
    }
    if (x_.to <= x_.from) x_.to = 2 * x_.from;
  }

  void draw(const Scaling& scaling) {
    open_picture(page_, kBottom + 44, "Tokens per second of a chip against the number of chips",
                 "A flat line scales without loss. The table that follows has the numbers.");
    draw_axes();
    draw_curve(scaling.strong, "c-network", "line other");
    draw_curve(scaling.weak, "c-matmul", "line");
    close_picture(page_);
  }

 private:
  void draw_axes() {
    for (const double y : round_steps(0, y_.to, 5)) {
      draw_line(page_, "grid", kLeft, y_.at(y), kRight, y_.at(y));
      draw_text(page_, "end", kLeft - 8, y_.at(y) + 4, digits_text(y));
    }
    draw_line(page_, "axis", kLeft, kBottom, kRight, kBottom);
    for (double power = 1; power <= x_.to; power *= 10) {
      for (const double x : {power, 3 * power}) {
        if (x < x_.from || x > x_.to) continue;
        draw_line(page_, "axis", x_.at(x), kBottom, x_.at(x), kBottom + 4);
        draw_text(page_, "mid", x_.at(x), kBottom + 18, count_text(x));
      }
    }
    draw_text(page_, "mid", (kLeft + kRight) / 2, kBottom + 38, "chips");
    draw_text(page_, "", kLeft + 6, kTop + 2, "tokens/s of a chip");
  }

  void draw_curve(const std::vector<ScalingPoint>& points, const std::string& colour,
                  const std::string& style) {
    std::string path;
    for (const ScalingPoint& point : points) {
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x(point), y(point));
    }
    if (points.size() > 1) page_.empty("path", {{"class", style + " " + colour}, {"d", path}});
    for (const ScalingPoint& point : points) {
      const bool here = point.chips == scenario_.chips;
      page_.open("circle", {{"class", fmt::format("dot {}{}{}", colour, point.fits ? "" : " hollow",
                                                  here ? " here" : "")},
                            {"cx", fmt::format("{:.1f}", x(point))},
                            {"cy", fmt::format("{:.1f}", y(point))},
                            {"r", here ? "6" : "4"}});
      page_.element("title",
                    fmt::format("{} chips: {} tokens/s of a chip, {} a step{}",
                                count_text(static_cast<double>(point.chips)),
                                digits_text(point.tokens_per_s_chip()), seconds_text(point.seconds),
                                point.fits ? "" : ", does not fit in memory"));
      page_.close();
    }
  }

  double x(const ScalingPoint& point) const { return x_.at(static_cast<double>(point.chips)); }
  double y(const ScalingPoint& point) const { return y_.at(point.tokens_per_s_chip()); }

  Markup& page_;
  const Scenario& scenario_;
  PlotAxis x_, y_;
};

void write_points(Markup& page, const std::string& summary,
                  const std::vector<ScalingPoint>& points) {
  folded_table(page, summary,
               {{"chips"},
                {"replicas", true},
                {"global batch", true},
                {"step", true},
                {"tokens/s", true},
                {"tokens/s of a chip", true},
                {"power", true},
                {"memory"}},
               [&](Table& table) {
                 for (const ScalingPoint& point : points) {
                   table.row([&](Table& row) {
                     row.cell(count_text(static_cast<double>(point.chips)));
                     for (const std::int64_t count : {point.replicas, point.global_batch}) {
                       const auto value = static_cast<double>(count);
                       row.cell(value, count_text(value));
                     }
                     row.cell(point.seconds, seconds_text(point.seconds));
                     row.cell(point.tokens_per_s, digits_text(point.tokens_per_s));
                     row.cell(point.tokens_per_s_chip(), digits_text(point.tokens_per_s_chip()));
                     row.cell(point.power_w, si_text(point.power_w, "W"));
                     row.cell(point.fits ? "fits" : "does not fit");
                   });
                 }
               });
}

}  // namespace

void write_scaling_section(Markup& page, const ReportInput& input) {
  const Scaling scaling = scaling_of(input.scenario);
  page.element("h2", "On fewer and on more chips");
  page.element(
      "p",
      "Replicas are added or taken away; tensor, context, pipeline and expert degrees stay. "
      "The larger ring is this scenario, hollow points do not fit in memory.");
  ScalingPicture(page, input.scenario, scaling).draw(scaling);
  write_legend(page, {{"c-matmul", "every replica keeps its sequences: the batch grows"},
                      {"c-network", "dashed: the global batch stays"}});
  write_points(page, "As a table: the batch grows with the chips", scaling.weak);
  write_points(page, "As a table: the global batch stays", scaling.strong);
}

}  // namespace trainyard
