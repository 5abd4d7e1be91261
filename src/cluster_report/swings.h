// SPDX-License-Identifier: Apache-2.0
// How far inputs move an answer: one bar an input, on either side of the answer.
#pragma once

#include <string>
#include <vector>

#include "cluster/sensitivity.h"
#include "cluster_report/markup.h"

namespace trainyard {

struct Swing {
  std::string name;
  double low = 0, high = 0;  // the answer with the input moved down and up
};

struct SwingPicture {
  std::string title, description;
  double answer = 0, low = 0, high = 0;  // of all inputs together
  std::string (*text)(double) = nullptr;
};

// The first twelve.
void draw_swings(Markup& page, const SwingPicture& picture, const std::vector<Swing>& swings);

// How a number of an answer is called and written.
struct AnswerWords {
  const char* heading;  // "The step's time"
  const char* column;   // "step"
  std::string (*text)(double);
};

// A picture for each number of the answer, and a table of all inputs.
void write_sensitivity(Markup& page, const SensitivityReport& told,
                       const std::vector<AnswerWords>& words);

}  // namespace trainyard
