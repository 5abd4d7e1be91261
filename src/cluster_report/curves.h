// SPDX-License-Identifier: Apache-2.0
// Curves in a frame with axes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cluster_report/markup.h"

namespace trainyard {

struct Curve {
  std::string style;                              // "line c-matmul"
  std::vector<std::pair<double, double>> points;  // x rises
};

struct CurveFrame {
  std::string title, description;
  std::string x_name, y_name;
  std::string (*x_text)(double) = nullptr;
  std::string (*y_text)(double) = nullptr;
  bool x_logarithmic = false;  // what is not above 0 lies on the left edge
};

// From 0 up, and over all that the curves reach.
void draw_curves(Markup& page, const CurveFrame& frame, const std::vector<Curve>& curves);

// Which colour is what.
void write_legend(Markup& page, const std::vector<std::pair<std::string, std::string>>& entries);

}  // namespace trainyard
