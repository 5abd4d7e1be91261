// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "cluster_report/curves.h"
#include "cluster_report/plot.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/sections.h"
#include "cluster_report/table.h"

namespace trainyard {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;
constexpr double kLeft = 64, kRight = 948, kTop = 14, kBottom = 240;
constexpr std::size_t kStagesShown = 96;

std::vector<std::pair<const char*, double>> parts_of_use(const MemoryUse& use) {
  return {{"parameters", use.parameters},
          {"gradients", use.gradients},
          {"optimizer", use.optimizer},
          {"activations", use.activations},
          {"workspace", use.workspace}};
}

void draw_columns(Markup& page, const std::vector<MemoryUse>& memory, double capacity) {
  open_picture(page, kBottom + 26, "Memory of a rank by pipeline stage",
               "One column a pipeline stage, stacked by what the memory holds; the dashed line is "
               "what a rank has. The table that follows has the numbers.");
  double most = capacity;
  for (const MemoryUse& use : memory) most = std::max(most, use.total());
  const PlotAxis y{0, most * 1.06 / kGiB, kBottom, kTop};
  for (const double gib : round_steps(0, most / kGiB, 5)) {
    draw_line(page, "grid", kLeft, y.at(gib), kRight, y.at(gib));
    draw_text(page, "end", kLeft - 8, y.at(gib) + 4, digits_text(gib) + " GiB");
  }
  const std::size_t shown = std::min(memory.size(), kStagesShown);
  const double pitch = (kRight - kLeft) / static_cast<double>(shown);
  const double width = std::min(pitch * 0.72, 56.0);
  for (std::size_t i = 0; i < shown; ++i) {
    const std::size_t stage = shown == 1 ? 0 : i * (memory.size() - 1) / (shown - 1);
    const double middle = kLeft + pitch * (static_cast<double>(i) + 0.5);
    double below = 0;
    for (const auto& [name, bytes] : parts_of_use(memory[stage])) {
      if (bytes <= 0) continue;
      const double top = below + bytes / kGiB;
      draw_rect(page, fmt::format("part c-{}", name), middle - width / 2, y.at(top), width,
                y.at(below) - y.at(top),
                fmt::format("stage {}, {}: {}", stage, name, bytes_text(bytes)));
      below = top;
    }
    if (shown <= 24 || i % 8 == 0) {
      draw_text(page, "mid", middle, kBottom + 18, fmt::format("{}", stage));
    }
  }
  draw_line(page, "axis", kLeft, kBottom, kRight, kBottom);
  draw_line(page, "full", kLeft, y.at(capacity / kGiB), kRight, y.at(capacity / kGiB));
  draw_text(page, "full end", kRight, y.at(capacity / kGiB) - 5,
            "a rank has " + bytes_text(capacity));
  close_picture(page);
}

}  // namespace

void write_memory_section(Markup& page, const ReportInput& input) {
  const StepReport& step = input.answer.step;
  const SystemChip& chip = input.scenario.system.chip;
  const double capacity = chip.hbm_bytes / static_cast<double>(chip.ranks);
  const double largest = step.largest_memory_bytes();
  page.element("h2", "Memory, stage by stage");
  page.open("p");
  page.text("The fullest rank holds ");
  page.number(largest, bytes_text(largest));
  page.text(" of ");
  page.number(capacity, bytes_text(capacity));
  page.text(fmt::format(", {}; a chip shows {} rank{}.{}", percent_text(largest / capacity),
                        chip.ranks, chip.ranks == 1 ? "" : "s",
                        step.memory.size() > kStagesShown
                            ? fmt::format(" {} of {} stages are drawn, evenly chosen.",
                                          kStagesShown, step.memory.size())
                            : ""));
  page.close();
  draw_columns(page, step.memory, capacity);
  std::vector<std::pair<std::string, std::string>> legend;
  for (const auto& [name, bytes] : parts_of_use({})) {
    legend.emplace_back(fmt::format("c-{}", name), name);
  }
  write_legend(page, legend);
  folded_table(page, "Each stage's memory as a table",
               {{"stage"},
                {"parameters", true},
                {"gradients", true},
                {"optimizer", true},
                {"activations", true},
                {"workspace", true},
                {"in all", true},
                {"of what a rank has", true}},
               [&](Table& table) {
                 for (std::size_t stage = 0; stage < step.memory.size(); ++stage) {
                   const MemoryUse& use = step.memory[stage];
                   table.row([&](Table& row) {
                     row.cell(fmt::format("{}", stage));
                     for (const auto& part : parts_of_use(use)) {
                       row.cell(part.second, bytes_text(part.second));
                     }
                     row.cell(use.total(), bytes_text(use.total()));
                     row.cell(use.total() / capacity, percent_text(use.total() / capacity));
                   });
                 }
               });
}

}  // namespace trainyard
