// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/curves.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "cluster_report/plot.h"

namespace trainyard {
namespace {

constexpr double kLeft = 74, kRight = 930, kTop = 18, kBottom = 220;
constexpr double kDecadesMost = 6;

struct Axes {
  PlotAxis x, y;
};

Axes axes_of(const CurveFrame& frame, const std::vector<Curve>& curves) {
  constexpr double kMost = std::numeric_limits<double>::max();
  Axes axes{{frame.x_logarithmic ? kMost : 0, 0, kLeft, kRight, frame.x_logarithmic},
            {0, 0, kBottom, kTop}};
  for (const Curve& curve : curves) {
    for (const auto& [x, y] : curve.points) {
      if (frame.x_logarithmic && x > 0) axes.x.from = std::min(axes.x.from, x);
      axes.x.to = std::max(axes.x.to, x);
      axes.y.to = std::max(axes.y.to, y);
    }
  }
  if (!(axes.x.to > 0)) axes.x.to = 1;
  if (!(axes.y.to > 0)) axes.y.to = 1;
  if (frame.x_logarithmic) {
    axes.x.from =
        std::max(std::min(axes.x.from, axes.x.to / 2), axes.x.to * std::pow(10, -kDecadesMost));
  }
  return axes;
}

std::vector<double> x_marks(const PlotAxis& x) {
  if (!x.logarithmic) return round_steps(x.from, x.to, 8);
  std::vector<double> marks;
  for (double power = std::pow(10, std::floor(std::log10(x.from))); power <= x.to; power *= 10) {
    for (const double mark : {power, 3 * power}) {
      if (mark >= x.from && mark <= x.to) marks.push_back(mark);
    }
  }
  return marks;
}

void draw_axes(Markup& page, const CurveFrame& frame, const Axes& axes) {
  for (const double value : round_steps(0, axes.y.to, 4)) {
    draw_line(page, "grid", kLeft, axes.y.at(value), kRight, axes.y.at(value));
    draw_text(page, "end", kLeft - 8, axes.y.at(value) + 4, frame.y_text(value));
  }
  draw_line(page, "axis", kLeft, kBottom, kRight, kBottom);
  double before = -kPlotWidth;
  for (const double value : x_marks(axes.x)) {
    const double at = axes.x.at(value);
    if (at < before + 64) continue;
    before = at;
    draw_line(page, "axis", at, kBottom, at, kBottom + 4);
    draw_text(page, "mid", at, kBottom + 18, frame.x_text(value));
  }
  draw_text(page, "mid", (kLeft + kRight) / 2, kBottom + 38, frame.x_name);
  draw_text(page, "", kLeft + 6, kTop - 6, frame.y_name);
}

}  // namespace

void draw_curves(Markup& page, const CurveFrame& frame, const std::vector<Curve>& curves) {
  const Axes axes = axes_of(frame, curves);
  open_picture(page, kBottom + 46, frame.title, frame.description);
  draw_axes(page, frame, axes);
  for (const Curve& curve : curves) {
    std::string path;
    for (const auto& [x, y] : curve.points) {
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L",
                          axes.x.at(std::max(x, axes.x.from)), axes.y.at(y));
    }
    if (curve.points.size() > 1) page.empty("path", {{"class", curve.style}, {"d", path}});
  }
  close_picture(page);
}

void write_legend(Markup& page, const std::vector<std::pair<std::string, std::string>>& entries) {
  page.open("ul", {{"class", "legend"}});
  for (const auto& [style, words] : entries) {
    page.open("li");
    page.element("span", {{"class", "swatch " + style}});
    page.text(words);
    page.close();
  }
  page.close();
}

}  // namespace trainyard
