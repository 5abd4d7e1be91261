// SPDX-License-Identifier: Apache-2.0
// How far each assumed number of a system moves an answer, and the interval that they span
// together: a report that hides what it rests on is not worth its digits.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "cluster/scenario.h"
#include "cluster/step.h"

namespace trainyard {

// One number of an answer.
struct AnswerRange {
  std::string name, unit;  // of JSON keys "NAME_low_UNIT": "step", "s"
  std::string words;       // "the step, s"
  double value = 0;
  double low = 0, high = 0;  // all inputs together, as independent errors
};

struct MovedInput {
  std::string path;               // "level.rack.bandwidth"
  std::string why;                // why it is assumed
  std::vector<double> low, high;  // each number of the answer with the input moved down and up
};

struct SensitivityReport {
  double moved_by = 0;  // each input, down and up: 0.25
  std::vector<AnswerRange> answers;
  std::vector<MovedInput> inputs;  // what moves the first number most comes first
};

// The inputs that move one number of the answer, the one that moves it most first.
std::vector<const MovedInput*> movers(const SensitivityReport& report, std::size_t answer);

// `evaluate` gives the numbers of `answers`, in their order, for a system of which one assumed
// number is moved; shares stay at most 1. The values of `answers` are those of the system as it is.
using AnswersOf = std::function<std::vector<double>(const System&)>;
SensitivityReport move_assumed(const System& system, std::vector<AnswerRange> answers,
                               const AnswersOf& evaluate);

// Of a step's time and energy.
SensitivityReport sensitivity(const Scenario& scenario, const StepReport& step);

// For each number of the answer its interval and what moves it most.
std::string sensitivity_text(const SensitivityReport& report);
void write_sensitivity(JsonWriter& json, const SensitivityReport& report);  // one object

}  // namespace trainyard
