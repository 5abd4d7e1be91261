// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/timeline.h"

#include <algorithm>

namespace trainyard {
namespace {

constexpr std::size_t kStagesShown = 24;
constexpr std::size_t kOperationsOfStage = 240;  // beyond, blocks are too narrow to see
constexpr std::size_t kOperationsOfWindow = 60;  // of a stage, on average
constexpr std::size_t kOperationsShown = 6000;

}  // namespace

TimelineView timeline_view(const PipelineSchedule& schedule, double step_s) {
  TimelineView view;
  const std::size_t stages = schedule.sequences.size();
  const std::size_t shown = std::min(stages, kStagesShown);
  for (std::size_t i = 0; i < shown; ++i) {
    view.stages.push_back(shown == 1 ? 0 : i * (stages - 1) / (shown - 1));
  }
  const std::size_t longest =
      std::max_element(schedule.sequences.begin(), schedule.sequences.end(),
                       [](const auto& a, const auto& b) { return a.size() < b.size(); })
          ->size();
  const std::size_t most = std::min(kOperationsOfStage, kOperationsShown / shown);
  view.whole = longest <= most;
  view.window_s =
      view.whole ? step_s
                 : step_s * static_cast<double>(kOperationsOfWindow) / static_cast<double>(longest);
  return view;
}

}  // namespace trainyard
