// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/swings.h"

#include <algorithm>

#include <fmt/format.h>

#include "cluster_report/plot.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/table.h"

namespace trainyard {
namespace {

constexpr double kLeft = 250, kRight = 870, kTop = 10, kRow = 26;
constexpr std::size_t kInputsDrawn = 12;

void draw_answer(Markup& page, const SensitivityReport& told, std::size_t answer,
                 const AnswerWords& words) {
  page.element("h3", words.heading);
  std::vector<Swing> swings;
  for (const MovedInput* input : movers(told, answer)) {
    swings.push_back({input->path, input->low[answer], input->high[answer]});
  }
  if (swings.empty()) {
    page.element("p", "No assumed input moves it.");
    return;
  }
  const AnswerRange& range = told.answers[answer];
  draw_swings(page,
              {fmt::format("{} with assumed inputs moved", words.heading),
               "One bar an assumed input: the answer with the input a quarter smaller and a "
               "quarter larger. The shaded band is all inputs together. A table follows.",
               range.value, range.low, range.high, words.text},
              swings);
}

void write_inputs(Markup& page, const SensitivityReport& told,
                  const std::vector<AnswerWords>& words) {
  std::vector<Column> columns = {{"input"}};
  for (const AnswerWords& each : words) {
    columns.push_back({fmt::format("{}, input smaller", each.column), true});
    columns.push_back({fmt::format("{}, input larger", each.column), true});
  }
  columns.push_back({"why it is assumed"});
  folded_table(page, "All assumed inputs as a table", columns, [&](Table& table) {
    for (const MovedInput& input : told.inputs) {
      table.row([&](Table& row) {
        row.cell(input.path);
        for (std::size_t i = 0; i < words.size(); ++i) {
          row.cell(input.low[i], words[i].text(input.low[i]));
          row.cell(input.high[i], words[i].text(input.high[i]));
        }
        row.cell(input.why);
      });
    }
  });
}

}  // namespace

void draw_swings(Markup& page, const SwingPicture& picture, const std::vector<Swing>& swings) {
  const std::size_t drawn = std::min(swings.size(), kInputsDrawn);
  PlotAxis x{picture.low, picture.high, kLeft, kRight};
  for (std::size_t i = 0; i < drawn; ++i) {
    x.from = std::min({x.from, swings[i].low, swings[i].high});
    x.to = std::max({x.to, swings[i].low, swings[i].high});
  }
  const double bottom = kTop + kRow * static_cast<double>(drawn);
  open_picture(page, bottom + 30, picture.title, picture.description);
  page.empty("rect", {{"class", "band c-idle"},
                      {"x", fmt::format("{:.1f}", x.at(picture.low))},
                      {"y", fmt::format("{:.1f}", kTop)},
                      {"width", fmt::format("{:.1f}", x.at(picture.high) - x.at(picture.low))},
                      {"height", fmt::format("{:.1f}", bottom - kTop)},
                      {"style", "opacity:.45"}});
  for (std::size_t i = 0; i < drawn; ++i) {
    const Swing& swing = swings[i];
    const double y = kTop + kRow * static_cast<double>(i);
    draw_text(page, "ink end", kLeft - 10, y + kRow * 0.64, swing.name);
    for (const auto& [value, style] : {std::pair<double, const char*>{swing.low, "part c-network"},
                                       {swing.high, "part c-matmul"}}) {
      const double from = std::min(x.at(value), x.at(picture.answer));
      const double to = std::max(x.at(value), x.at(picture.answer));
      draw_rect(page, style, from, y + 5, to - from, kRow - 10,
                swing.name + ": " + picture.text(value));
    }
  }
  draw_line(page, "axis", x.at(picture.answer), kTop - 4, x.at(picture.answer), bottom);
  draw_line(page, "axis", kLeft, bottom, kRight, bottom);
  for (const double value : round_steps(x.from, x.to, 6)) {
    draw_line(page, "axis", x.at(value), bottom, x.at(value), bottom + 4);
    draw_text(page, "mid", x.at(value), bottom + 18, picture.text(value));
  }
  close_picture(page);
}

void write_sensitivity(Markup& page, const SensitivityReport& told,
                       const std::vector<AnswerWords>& words) {
  page.open("p");
  page.text("Numbers that nobody has published are assumed. Each is made ");
  page.number(told.moved_by, percent_text(told.moved_by));
  page.text(" smaller (rust) and larger (blue); all together, as independent errors, ");
  for (std::size_t i = 0; i < words.size(); ++i) {
    const AnswerRange& range = told.answers[i];
    page.text(fmt::format("{}the {} lies between ", i == 0 ? "" : ", ", words[i].column));
    page.number(range.low, words[i].text(range.low));
    page.text(" and ");
    page.number(range.high, words[i].text(range.high));
  }
  page.text(".");
  page.close();
  for (std::size_t i = 0; i < words.size(); ++i) draw_answer(page, told, i, words[i]);
  write_inputs(page, told, words);
}

}  // namespace trainyard
