// SPDX-License-Identifier: Apache-2.0
#include "cluster/sensitivity.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace trainyard {
namespace {

constexpr double kMovedBy = 0.25;
constexpr std::size_t kInputsShown = 5;  // of each number of the answer, in text

bool is_share(const std::string& path) {
  for (const char* ending : {"sustained", "efficiency"}) {
    const std::string word(ending);
    if (path.size() >= word.size() &&
        path.compare(path.size() - word.size(), word.size(), word) == 0) {
      return true;
    }
  }
  return false;
}

// Moved by a factor, within what the number can be; of what exceeds 1 only the excess is unsure.
double moved(const std::string& path, double value, double factor) {
  if (path == "power.pue") return 1 + (value - 1) * factor;
  if (is_share(path)) return std::min(1.0, value * factor);
  const bool at_least_one = path.find(".oversubscription") != std::string::npos;
  return at_least_one ? std::max(1.0, value * factor) : value * factor;
}

}  // namespace

std::vector<const MovedInput*> movers(const SensitivityReport& report, std::size_t answer) {
  std::vector<const MovedInput*> found;
  for (const MovedInput& input : report.inputs) {
    if (input.low[answer] != input.high[answer]) found.push_back(&input);
  }
  std::stable_sort(found.begin(), found.end(), [&](const MovedInput* a, const MovedInput* b) {
    return std::abs(a->high[answer] - a->low[answer]) > std::abs(b->high[answer] - b->low[answer]);
  });
  return found;
}

SensitivityReport move_assumed(const System& system, std::vector<AnswerRange> answers,
                               const AnswersOf& evaluate) {
  SensitivityReport report;
  report.moved_by = kMovedBy;
  report.answers = std::move(answers);
  System changed = system;
  std::vector<double> below(report.answers.size()), above(report.answers.size());
  for (const SystemInput& input : system.inputs) {
    if (input.provenance.origin != Origin::assumed) continue;
    double* number = system_number(changed, input.path);
    if (number == nullptr) continue;
    const double value = *number;
    MovedInput told{input.path, input.provenance.why, {}, {}};
    *number = moved(input.path, value, 1 - kMovedBy);
    told.low = evaluate(changed);
    *number = moved(input.path, value, 1 + kMovedBy);
    told.high = evaluate(changed);
    *number = value;
    for (std::size_t i = 0; i < report.answers.size(); ++i) {
      for (const double there : {told.low[i], told.high[i]}) {
        const double change = there - report.answers[i].value;
        (change < 0 ? below : above)[i] += change * change;
      }
    }
    report.inputs.push_back(std::move(told));
  }
  const auto reach = [](const MovedInput& input) {
    return std::abs(input.high.front() - input.low.front());
  };
  std::stable_sort(report.inputs.begin(), report.inputs.end(),
                   [&](const MovedInput& a, const MovedInput& b) { return reach(a) > reach(b); });
  for (std::size_t i = 0; i < report.answers.size(); ++i) {
    AnswerRange& answer = report.answers[i];
    answer.low = answer.value - std::sqrt(below[i]);
    answer.high = answer.value + std::sqrt(above[i]);
  }
  return report;
}

SensitivityReport sensitivity(const Scenario& scenario, const StepReport& step) {
  Scenario changed = scenario;
  return move_assumed(scenario.system,
                      {{"step", "s", "the step, s", step.seconds},
                       {"energy", "j", "its energy, J", step.energy.total_j()}},
                      [&](const System& system) {
                        changed.system = system;
                        const StepReport there = evaluate_step(changed, true);
                        return std::vector<double>{there.seconds, there.energy.total_j()};
                      });
}

std::string sensitivity_text(const SensitivityReport& report) {
  std::string text = fmt::format("\nassumed numbers, each moved by {:.0f} %, and all together\n",
                                 100 * report.moved_by);
  for (std::size_t i = 0; i < report.answers.size(); ++i) {
    const AnswerRange& answer = report.answers[i];
    text += fmt::format("  {}: {:.4g} to {:.4g}\n", answer.words, answer.low, answer.high);
    const std::vector<const MovedInput*> most = movers(report, i);
    for (std::size_t at = 0; at < most.size() && at < kInputsShown; ++at) {
      text += fmt::format("    {:<32}{:>10.4g} to {:<10.4g}{}\n", most[at]->path, most[at]->low[i],
                          most[at]->high[i], most[at]->why);
    }
  }
  return text;
}

void write_sensitivity(JsonWriter& json, const SensitivityReport& report) {
  const auto range = [&](const AnswerRange& answer, double low, double high) {
    json.field(answer.name + "_low_" + answer.unit, low);
    json.field(answer.name + "_high_" + answer.unit, high);
  };
  json.begin_object();
  json.field("moved_by", report.moved_by);
  for (const AnswerRange& answer : report.answers) range(answer, answer.low, answer.high);
  json.objects("inputs", report.inputs, [&](const MovedInput& input) {
    json.field("path", input.path);
    json.field("why", input.why);
    for (std::size_t i = 0; i < report.answers.size(); ++i) {
      range(report.answers[i], input.low[i], input.high[i]);
    }
  });
  json.end_object();
}

}  // namespace trainyard
