// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/plot.h"

#include <cmath>

#include <fmt/format.h>

namespace trainyard {
namespace {

std::string place(double value) {
  return fmt::format("{:.1f}", value);
}

}  // namespace

void open_picture(Markup& page, double height, const std::string& title,
                  const std::string& description) {
  page.open("div", {{"class", "scroll"}});
  page.open("svg", {{"viewBox", fmt::format("0 0 {:.0f} {:.0f}", kPlotWidth, height)},
                    {"role", "img"},
                    {"aria-label", title}});
  page.element("title", title);
  page.element("desc", description);
}

void close_picture(Markup& page) {
  page.close();
  page.close();
}

void draw_line(Markup& page, const std::string& style, double x1, double y1, double x2, double y2) {
  page.empty("line", {{"class", style},
                      {"x1", place(x1)},
                      {"y1", place(y1)},
                      {"x2", place(x2)},
                      {"y2", place(y2)}});
}

void draw_rect(Markup& page, const std::string& style, double x, double y, double width,
               double height, const std::string& title) {
  const Attributes attributes = {{"class", style},
                                 {"x", place(x)},
                                 {"y", place(y)},
                                 {"width", place(width)},
                                 {"height", place(height)}};
  if (title.empty()) {
    page.empty("rect", attributes);
    return;
  }
  page.open("rect", attributes);
  page.element("title", title);
  page.close();
}

void draw_text(Markup& page, const std::string& style, double x, double y,
               const std::string& words) {
  page.element("text", {{"class", style}, {"x", place(x)}, {"y", place(y)}}, words);
}

std::vector<double> round_steps(double from, double to, int wanted) {
  std::vector<double> steps;
  const double raw = (to - from) / wanted;
  if (!(raw > 0)) return {from};
  const double power = std::pow(10, std::floor(std::log10(raw)));
  const double step = power * (raw <= power ? 1 : raw <= 2 * power ? 2 : raw <= 5 * power ? 5 : 10);
  const double first = std::ceil(from / step - 1e-9) + 0.0;  // no -0
  for (double i = first; i * step <= to * (1 + 1e-9); ++i) steps.push_back(i * step);
  return steps;
}

double PlotAxis::at(double value) const {
  const double share =
      logarithmic ? std::log(value / from) / std::log(to / from) : (value - from) / (to - from);
  return begin + share * (end - begin);
}

}  // namespace trainyard
