// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "cluster_report/plot.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/sections.h"
#include "cluster_report/table.h"

namespace trainyard {
namespace {

constexpr double kLeft = 250, kRight = 870, kTop = 10, kRow = 26;
constexpr std::size_t kInputsDrawn = 12;

struct Swing {
  std::string path;
  double low = 0, high = 0;  // with the number moved down and up
};

// One bar an input, on either side of the answer.
void draw_swings(Markup& page, const std::string& title, const std::vector<Swing>& swings,
                 double answer, double low, double high, std::string (*text)(double)) {
  PlotAxis x{low, high, kLeft, kRight};
  for (const Swing& swing : swings) {
    x.from = std::min({x.from, swing.low, swing.high});
    x.to = std::max({x.to, swing.low, swing.high});
  }
  const double bottom = kTop + kRow * static_cast<double>(swings.size());
  open_picture(
      page, bottom + 30, title,
      "One bar an assumed input: the answer with the input a quarter smaller and a quarter "
      "larger. The shaded band is all inputs together. A table follows.");
  page.empty("rect", {{"class", "band c-idle"},
                      {"x", fmt::format("{:.1f}", x.at(low))},
                      {"y", fmt::format("{:.1f}", kTop)},
                      {"width", fmt::format("{:.1f}", x.at(high) - x.at(low))},
                      {"height", fmt::format("{:.1f}", bottom - kTop)},
                      {"style", "opacity:.45"}});
  for (std::size_t i = 0; i < swings.size(); ++i) {
    const Swing& swing = swings[i];
    const double y = kTop + kRow * static_cast<double>(i);
    draw_text(page, "ink end", kLeft - 10, y + kRow * 0.64, swing.path);
    for (const auto& [value, style] : {std::pair<double, const char*>{swing.low, "part c-network"},
                                       {swing.high, "part c-matmul"}}) {
      const double from = std::min(x.at(value), x.at(answer));
      const double to = std::max(x.at(value), x.at(answer));
      draw_rect(page, style, from, y + 5, to - from, kRow - 10, swing.path + ": " + text(value));
    }
  }
  draw_line(page, "axis", x.at(answer), kTop - 4, x.at(answer), bottom);
  draw_line(page, "axis", kLeft, bottom, kRight, bottom);
  for (const double value : round_steps(x.from, x.to, 6)) {
    draw_line(page, "axis", x.at(value), bottom, x.at(value), bottom + 4);
    draw_text(page, "mid", x.at(value), bottom + 18, text(value));
  }
  close_picture(page);
}

std::string joules_text(double joules) {
  return si_text(joules, "J");
}

void write_inputs(Markup& page, const SensitivityReport& told) {
  folded_table(page, "All assumed inputs as a table",
               {{"input"},
                {"step, input smaller", true},
                {"step, input larger", true},
                {"energy, input smaller", true},
                {"energy, input larger", true},
                {"why it is assumed"}},
               [&](Table& table) {
                 for (const MovedInput& input : told.inputs) {
                   table.row([&](Table& row) {
                     row.cell(input.path);
                     row.cell(input.low_s, seconds_text(input.low_s));
                     row.cell(input.high_s, seconds_text(input.high_s));
                     row.cell(input.low_j, joules_text(input.low_j));
                     row.cell(input.high_j, joules_text(input.high_j));
                     row.cell(input.why);
                   });
                 }
               });
}

}  // namespace

void write_sensitivity_section(Markup& page, const ReportInput& input) {
  const SensitivityReport& told = input.answer.sensitivity;
  const StepReport& step = input.answer.step;
  page.open("section", {{"id", "sensitivity"}});
  page.element("h2", "What the answer rests on");
  page.open("p");
  page.text("Numbers that nobody has published are assumed. Each is made ");
  page.number(told.moved_by, percent_text(told.moved_by));
  page.text(
      " smaller (rust) and larger (blue); all together, as independent errors, the step lies "
      "between ");
  page.number(told.step_low_s, seconds_text(told.step_low_s));
  page.text(" and ");
  page.number(told.step_high_s, seconds_text(told.step_high_s));
  page.text(", its energy between ");
  page.number(told.energy_low_j, joules_text(told.energy_low_j));
  page.text(" and ");
  page.number(told.energy_high_j, joules_text(told.energy_high_j));
  page.text(".");
  page.close();
  std::vector<Swing> time, energy;
  for (const MovedInput& moved : told.inputs) {
    if (moved.low_s != moved.high_s) time.push_back({moved.path, moved.low_s, moved.high_s});
    if (moved.low_j != moved.high_j) energy.push_back({moved.path, moved.low_j, moved.high_j});
  }
  const auto largest_first = [](std::vector<Swing>& swings) {
    std::stable_sort(swings.begin(), swings.end(), [](const Swing& a, const Swing& b) {
      return std::abs(a.high - a.low) > std::abs(b.high - b.low);
    });
    if (swings.size() > kInputsDrawn) swings.resize(kInputsDrawn);
  };
  largest_first(time);
  largest_first(energy);
  page.element("h3", "The step's time");
  if (time.empty()) {
    page.element("p", "No assumed input moves it.");
  } else {
    draw_swings(page, "The step's time with assumed inputs moved", time, step.seconds,
                told.step_low_s, told.step_high_s, seconds_text);
  }
  page.element("h3", "Its energy");
  if (energy.empty()) {
    page.element("p", "No assumed input moves it.");
  } else {
    draw_swings(page, "The step's energy with assumed inputs moved", energy, step.energy.total_j(),
                told.energy_low_j, told.energy_high_j, joules_text);
  }
  write_inputs(page, told);
  page.close();
}

}  // namespace trainyard
