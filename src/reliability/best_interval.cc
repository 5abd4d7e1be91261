// SPDX-License-Identifier: Apache-2.0
#include "reliability/best_interval.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/elementary.h"
#include "base/fault.h"

namespace trainyard {
namespace {

constexpr double kFailuresOfAPoint = 1e5;  // enough for a mean within a part in a hundred or less
constexpr std::int64_t kRunsLeast = 16;
constexpr double kDaysLeast = 5;
constexpr double kRatio = 1.5;  // between intervals of the first round
constexpr int kPointsMax = 60;
constexpr int kRefinements = 3;

class Search {
 public:
  Search(const ReliabilityJob& job, IntervalKind kind, const GoodputOptions& options)
      : job_(job), options_(options) {
    check_job(job);
    result_.kind = kind;
    const double per_day = failures_per_s(job) * 86'400;
    const double wanted = kFailuresOfAPoint / static_cast<double>(kRunsLeast);
    if (per_day * job.days > wanted) {
      job_.days = std::min(job.days, std::max(kDaysLeast, wanted / per_day));
    }
    const double of_a_life = std::max(1.0, per_day * job_.days);
    options_.runs = std::clamp(static_cast<std::int64_t>(kFailuresOfAPoint / of_a_life), kRunsLeast,
                               std::max(kRunsLeast, options.runs));
    switch (kind) {
      case IntervalKind::disk:
        of_level(job_.disk);
        break;
      case IntervalKind::memory:
        of_level(job_.memory);
        break;
      case IntervalKind::validation:
        steps_ = &job_.validation.interval_steps;
        pause_s_ = job.validation.seconds;
        per_s_ = failures_per_s(job, Effect::corrupts);
    }
  }

  IntervalSearch search() {
    const double most = std::clamp(job_.days * 86'400 / job_.step_s, 1.0, 1e9);
    least_ = std::max(1.0, std::ceil(settles_s_ / job_.step_s));
    if (least_ > most) {
      throw Fault(FaultKind::usage,
                  fmt::format("a checkpoint takes {:.4g} s to write, longer than the job's {} days",
                              settles_s_, job_.days),
                  "write fewer bytes, or faster");
    }
    formulas();
    coarse(most);
    for (int round = 0; round < kRefinements; ++round) refine();
    finish();
    return std::move(result_);
  }

 private:
  void of_level(CheckpointLevel& level) {
    steps_ = &level.interval_steps;
    pause_s_ = level.blocking_s();
    settles_s_ = level.asynchronous ? level.write_s() : 0;
    per_s_ = failures_per_s(job_, Effect::stops);
  }

  double goodput_at(double steps) {
    const auto whole = static_cast<std::int64_t>(steps + 0.5);
    if (const auto known = points_.find(whole); known != points_.end()) {
      return known->second.goodput.mean;
    }
    *steps_ = whole;
    const Estimate goodput = simulate_goodput(job_, options_).goodput;
    points_[whole] = {whole, static_cast<double>(whole) * job_.step_s, goodput};
    return goodput.mean;
  }

  void coarse(double most) {
    const double start = result_.young_s > 0 ? result_.young_s / job_.step_s : most;
    // From Young's interval both ways, until a point is clearly worse than the best.
    const double centre = std::clamp(start, least_, most);
    double best = goodput_at(centre);
    for (const bool up : {true, false}) {
      double steps = centre;
      for (int i = 0; i < kPointsMax; ++i) {
        const double next = std::clamp(up ? steps * kRatio : steps / kRatio, least_, most);
        if (std::floor(next + 0.5) == std::floor(steps + 0.5)) break;
        steps = next;
        const double here = goodput_at(steps);
        best = std::max(best, here);
        if (here < 0.9 * best || (best > 0.5 && here < best - 0.03)) break;
      }
    }
  }

  std::map<std::int64_t, IntervalPoint>::const_iterator best_point() const {
    return std::max_element(points_.begin(), points_.end(), [](const auto& a, const auto& b) {
      return a.second.goodput.mean < b.second.goodput.mean;
    });
  }

  // Between the best point and its neighbours.
  void refine() {
    const auto best = best_point();
    const auto here = static_cast<double>(best->first);
    std::vector<double> wanted;
    if (best != points_.begin()) {
      wanted.push_back(std::sqrt(here * static_cast<double>(std::prev(best)->first)));
    }
    if (std::next(best) != points_.end()) {
      wanted.push_back(std::sqrt(here * static_cast<double>(std::next(best)->first)));
    }
    for (const double steps : wanted) goodput_at(steps);
  }

  void formulas() {
    if (per_s_ <= 0) return;
    const double gap_s = 1 / per_s_;
    if (result_.kind == IntervalKind::validation) {
      result_.young_s = result_.daly_s = std::sqrt(pause_s_ * gap_s);
      return;
    }
    result_.young_s = std::sqrt(2 * pause_s_ * gap_s);
    const double ratio = pause_s_ / (2 * gap_s);
    result_.daly_s =
        ratio < 1 ? result_.young_s * (1 + std::sqrt(ratio) / 3 + ratio / 9) - pause_s_ : gap_s;
  }

  void finish() {
    if (per_s_ > 0) {
      const double young = std::max(least_, std::round(result_.young_s / job_.step_s));
      result_.young_goodput = goodput_at(young);
    }
    result_.best = best_point()->second;
    for (const auto& [steps, point] : points_) {
      result_.points.push_back(point);
      if (point.goodput.mean < result_.best.goodput.low) continue;
      if (result_.good_from_s == 0) result_.good_from_s = point.interval_s;
      result_.good_to_s = point.interval_s;
    }
    if (per_s_ > 0) {
      judge(1 / per_s_);
    } else {
      result_.remark = "nothing fails that it would help against: it only costs time";
    }
  }

  void judge(double gap_s) {
    const double away_s = result_.young_s + pause_s_ + LifePlan(job_).shortest_restart_s();
    result_.young_valid = away_s < 0.2 * gap_s && result_.young_s >= settles_s_;
    if (away_s >= 0.2 * gap_s) {
      result_.remark = fmt::format(
          "Young's formula supposes that interval, pause and restart, {:.3g} s, are short against "
          "the {:.3g} s between failures; they are not",
          away_s, gap_s);
    }
    if (result_.young_s < settles_s_) {
      result_.remark += fmt::format(
          "{}Young's formula does not know that a write takes {:.3g} s, below which no interval "
          "can "
          "be",
          result_.remark.empty() ? "" : "; ", settles_s_);
    }
  }

  ReliabilityJob job_;
  GoodputOptions options_;
  std::int64_t* steps_ = nullptr;
  double pause_s_ = 0, settles_s_ = 0, per_s_ = 0, least_ = 1;
  std::map<std::int64_t, IntervalPoint> points_;
  IntervalSearch result_;
};

const char* kind_name(IntervalKind kind) {
  switch (kind) {
    case IntervalKind::disk:
      return "disk checkpoint";
    case IntervalKind::memory:
      return "memory checkpoint";
    case IntervalKind::validation:
      return "validation";
  }
  return "";
}

}  // namespace

IntervalSearch best_interval(const ReliabilityJob& job, IntervalKind kind,
                             const GoodputOptions& options) {
  return Search(job, kind, options).search();
}

void write_search(JsonWriter& json, const IntervalSearch& search) {
  json.begin_object();
  json.field("kind", kind_name(search.kind));
  json.field("best_steps", search.best.steps);
  json.field("best_s", search.best.interval_s);
  json.field("best_goodput", search.best.goodput.mean);
  json.field("good_from_s", search.good_from_s);
  json.field("good_to_s", search.good_to_s);
  json.field("young_s", search.young_s);
  json.field("daly_s", search.daly_s);
  json.field("young_goodput", search.young_goodput);
  json.field("young_valid", search.young_valid);
  json.field("remark", search.remark);
  json.objects("points", search.points, [&](const IntervalPoint& point) {
    json.field("steps", point.steps);
    json.field("interval_s", point.interval_s);
    json.field("goodput", point.goodput.mean);
    json.field("goodput_low", point.goodput.low);
    json.field("goodput_high", point.goodput.high);
  });
  json.end_object();
}

std::string search_text(const IntervalSearch& search) {
  std::string text = fmt::format(
      "best {} every {:.4g} s ({} steps), goodput {:.2f} %; as good from {:.4g} to "
      "{:.4g} s\n  Young {:.4g} s (goodput {:.2f} %), Daly {:.4g} s\n",
      kind_name(search.kind), search.best.interval_s, search.best.steps,
      100 * search.best.goodput.mean, search.good_from_s, search.good_to_s, search.young_s,
      100 * search.young_goodput, search.daly_s);
  if (!search.remark.empty()) text += "  " + search.remark + "\n";
  // Evenly chosen of what was tried.
  constexpr std::size_t kPointsShown = 8;
  const std::size_t count = search.points.size(), shown = std::min(count, kPointsShown);
  for (std::size_t i = 0; shown > 1 && i < shown; ++i) {
    const IntervalPoint& point = search.points[i * (count - 1) / (shown - 1)];
    text += fmt::format("{}{:.4g} s {:.2f} %", i == 0 ? "  goodput with one every " : ", ",
                        point.interval_s, 100 * point.goodput.mean);
  }
  return shown > 1 ? text + "\n" : text;
}

}  // namespace trainyard
