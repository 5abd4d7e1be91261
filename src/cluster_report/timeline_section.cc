// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "cluster_report/curves.h"
#include "cluster_report/plot.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/sections.h"
#include "cluster_report/table.h"
#include "cluster_report/timeline.h"

namespace trainyard {
namespace {

constexpr double kLeft = 64, kRight = 948, kTop = 8, kGap = 44;
constexpr std::array<const char*, 3> kKinds = {"forward", "backward", "weights"};

// A stretch of the step and where it lies in the picture.
struct Stretch {
  double from_s, to_s, begin, end;
  double at(double s) const { return begin + (s - from_s) / (to_s - from_s) * (end - begin); }
};

class TimelinePicture {
 public:
  TimelinePicture(Markup& page, const ReportInput& input, const PipelineSchedule& schedule)
      : page_(page),
        step_(input.answer.step),
        schedule_(schedule),
        view_(timeline_view(schedule, step_.seconds)) {
    if (view_.whole) {
      stretches_ = {{0, step_.seconds, kLeft, kRight}};
    } else {
      const double half = (kRight - kLeft - kGap) / 2;
      stretches_ = {{0, view_.window_s, kLeft, kLeft + half},
                    {step_.seconds - view_.window_s, step_.seconds, kRight - half, kRight}};
    }
    row_ = view_.stages.size() <= 16 ? 22 : 16;
  }

  const TimelineView& view() const { return view_; }

  void draw() {
    const double bottom = kTop + row_ * static_cast<double>(view_.stages.size());
    open_picture(
        page_, bottom + 30, "Timeline of one step by pipeline stage",
        "One row a pipeline stage; time runs to the right. What is not coloured is waiting. "
        "The table that follows has each stage's seconds.");
    for (std::size_t i = 0; i < view_.stages.size(); ++i) {
      draw_stage(view_.stages[i], kTop + row_ * static_cast<double>(i));
    }
    draw_after(bottom);
    for (const Stretch& stretch : stretches_) draw_axis(stretch, bottom);
    if (!view_.whole) {
      const double middle = (stretches_[0].end + stretches_[1].begin) / 2;
      draw_text(page_, "mid", middle, (kTop + bottom) / 2, "· · ·");
    }
    close_picture(page_);
  }

 private:
  void draw_stage(std::size_t stage, double y) {
    draw_text(page_, "end", kLeft - 8, y + row_ * 0.68, fmt::format("stage {}", stage));
    for (const Stretch& stretch : stretches_) {
      draw_rect(page_, "rail", stretch.begin, y + 1, stretch.end - stretch.begin, row_ - 2);
    }
    std::size_t first = 0;
    for (std::size_t i = 0; i < stage; ++i) first += schedule_.sequences[i].size();
    const std::vector<StepOperation>& sequence = schedule_.sequences[stage];
    std::map<std::string, std::string> paths;
    Markup labels;
    for (std::size_t i = 0; i < sequence.size(); ++i) {
      for (const Stretch& stretch : stretches_) {
        add(sequence[i], step_.pipeline.begin_s[first + i], step_.pipeline.end_s[first + i],
            stretch, y, paths, labels);
      }
    }
    for (const auto& [style, path] : paths) {
      page_.empty("path", {{"class", style}, {"d", path}});
    }
    page_.raw(labels.finished());
  }

  void add(const StepOperation& operation, double begin_s, double end_s, const Stretch& stretch,
           double y, std::map<std::string, std::string>& paths, Markup& labels) const {
    if (end_s <= stretch.from_s || begin_s >= stretch.to_s) return;
    const double x = stretch.at(std::max(begin_s, stretch.from_s));
    const double width = stretch.at(std::min(end_s, stretch.to_s)) - x;
    const bool roomy = width > 3;
    const std::string style =
        fmt::format("part c-{}{}", kKinds[static_cast<std::size_t>(operation.kind)],
                    operation.chunk % 2 == 1 ? " later" : "");
    paths[style] += fmt::format("M{:.1f} {:.1f}h{:.1f}v{:.0f}h-{:.1f}z", x, y + 1,
                                roomy ? width - 0.6 : width, row_ - 2, roomy ? width - 0.6 : width);
    if (width > 15) {
      labels.element("text",
                     {{"class", "on"},
                      {"x", fmt::format("{:.1f}", x + width / 2)},
                      {"y", fmt::format("{:.1f}", y + row_ * 0.65)}},
                     fmt::format("{}", operation.micro_batch + 1));
    }
  }

  // What all stages do together once the pipeline is empty.
  void draw_after(double bottom) {
    double begin_s = step_.pipeline.seconds;
    const Stretch& stretch = stretches_.back();
    const StepShares& shares = step_.shares;
    for (const auto& [name, seconds] :
         {std::pair<const char*, double>{"data_exchange", shares.data_s},
          {"optimizer", shares.optimizer_s},
          {"overhead", shares.overhead_s}}) {
      const double from_s = std::max(begin_s, stretch.from_s);
      begin_s += seconds;
      if (begin_s <= from_s) continue;
      draw_rect(page_, fmt::format("part c-{}", name), stretch.at(from_s), kTop + 1,
                stretch.at(begin_s) - stretch.at(from_s), bottom - kTop - 2,
                fmt::format("{}: {}", part_words(name), seconds_text(seconds)));
    }
  }

  void draw_axis(const Stretch& stretch, double bottom) {
    draw_line(page_, "axis", stretch.begin, bottom + 3, stretch.end, bottom + 3);
    for (const double s : round_steps(stretch.from_s, stretch.to_s, view_.whole ? 8 : 4)) {
      draw_line(page_, "axis", stretch.at(s), bottom + 3, stretch.at(s), bottom + 7);
      draw_text(page_, "mid", stretch.at(s), bottom + 20, seconds_text(s));
    }
  }

  Markup& page_;
  const StepReport& step_;
  const PipelineSchedule& schedule_;
  TimelineView view_;
  std::vector<Stretch> stretches_;
  double row_ = 22;
};

std::string what_is_shown(const TimelineView& view, const PipelineSchedule& schedule,
                          double step_s) {
  std::string words;
  if (view.stages.size() < schedule.sequences.size()) {
    words += fmt::format("{} of {} stages are drawn, evenly chosen. ", view.stages.size(),
                         schedule.sequences.size());
  }
  if (!view.whole) {
    words += fmt::format(
        "The step is too long to be drawn whole: the first and the last {} are, {} between them "
        "are "
        "left out. ",
        seconds_text(view.window_s), seconds_text(step_s - 2 * view.window_s));
  }
  return words;
}

void write_stage_table(Markup& page, const StepReport& step, const PipelineSchedule& schedule) {
  const std::vector<Column> columns = {{"stage"},          {"forward", true},
                                       {"backward", true}, {"weights", true},
                                       {"waits", true},    {"waits, share", true}};
  folded_table(page, "Each stage's seconds as a table", columns, [&](Table& table) {
    std::size_t at = 0;
    for (std::size_t stage = 0; stage < schedule.sequences.size(); ++stage) {
      std::array<double, 3> spent_s = {};
      for (const StepOperation& operation : schedule.sequences[stage]) {
        spent_s[static_cast<std::size_t>(operation.kind)] +=
            step.pipeline.end_s[at] - step.pipeline.begin_s[at];
        ++at;
      }
      table.row([&](Table& row) {
        row.cell(fmt::format("{}", stage));
        for (const double seconds : spent_s) row.cell(seconds, seconds_text(seconds));
        const double waits_s = step.pipeline.seconds - step.pipeline.busy_s[stage];
        row.cell(waits_s, seconds_text(waits_s));
        row.cell(waits_s / step.seconds, percent_text(waits_s / step.seconds));
      });
    }
  });
}

// The picture is of a step without them.
void write_end_with_faults(Markup& page, const ExplicitStep& faults) {
  page.open("p");
  page.text(
      "The picture is of a step in which all chips are alike. With this scenario's faults it "
      "ends after ");
  page.number(faults.seconds, seconds_text(faults.seconds));
  page.text(faults.last_chip < 0
                ? ", for all replicas alike."
                : fmt::format(": what is last is chip {}, in replica {}.", faults.last_chip,
                              faults.last_lane * faults.replicas_a_lane));
  page.close();
}

}  // namespace

void write_timeline_section(Markup& page, const ReportInput& input) {
  const StepReport& step = input.answer.step;
  const Plan& plan = input.scenario.plan;
  const PipelineSchedule schedule = make_schedule(plan.schedule, plan.pipeline, plan.virtual_stages,
                                                  input.scenario.micro_batches());
  TimelinePicture picture(page, input, schedule);
  page.element("h2", "One step, stage by stage");
  page.element("p",
               what_is_shown(picture.view(), schedule, step.seconds) +
                   fmt::format("Each block is one of {} micro-batches on one stage, numbered "
                               "where there is room{}. What is not coloured is waiting.",
                               input.scenario.micro_batches(),
                               plan.virtual_stages > 1 ? ", paler blocks are every other chunk "
                                                         "of a stage's layers"
                                                       : ""));
  if (input.answer.faults.has_value()) write_end_with_faults(page, *input.answer.faults);
  picture.draw();
  std::vector<std::string> names = {"forward", "backward"};
  if (schedule.weights_apart) names.push_back("weights");
  for (const char* name : {"data_exchange", "optimizer", "overhead"}) names.push_back(name);
  std::vector<std::pair<std::string, std::string>> legend;
  for (const std::string& name : names) {
    legend.emplace_back("c-" + name, name == "weights" ? "gradients of weights" : part_words(name));
  }
  write_legend(page, legend);
  write_stage_table(page, step, schedule);
}

}  // namespace trainyard
