// SPDX-License-Identifier: Apache-2.0
// Pictures as SVG: a frame with axes, and what lies in it in units of the data.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cluster_report/markup.h"

namespace trainyard {

inline constexpr double kPlotWidth = 960;

// An <svg> with its title and description, in a box that scrolls on narrow screens.
void open_picture(Markup& page, double height, const std::string& title,
                  const std::string& description);
void close_picture(Markup& page);

void draw_line(Markup& page, const std::string& style, double x1, double y1, double x2, double y2);
void draw_rect(Markup& page, const std::string& style, double x, double y, double width,
               double height, const std::string& title = {});
void draw_text(Markup& page, const std::string& style, double x, double y,
               const std::string& words);

// Steps of 1, 2 or 5 times a power of ten: about `wanted` of them from 0 or `from` to `to`.
std::vector<double> round_steps(double from, double to, int wanted);

struct PlotAxis {
  double from = 0, to = 1;    // data
  double begin = 0, end = 1;  // picture
  bool logarithmic = false;

  double at(double value) const;
};

}  // namespace trainyard
