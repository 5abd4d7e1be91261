// SPDX-License-Identifier: Apache-2.0
// What a sweep asks at each point, behind one face: how its scenario is read, what chance moves in
// it, and the numbers that come of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/document.h"
#include "fabric/system.h"

namespace trainyard {

enum class SweepWhat : std::uint8_t {
  step,     // of `trainyard cluster`
  plan,     // of `trainyard plan`
  faults,   // a step with every chip by itself
  goodput,  // what failures leave
  serving
};

// What comes of a point: its plan in words, and numbers in the order of their columns.
struct SweptAnswer {
  std::string plan;
  std::vector<double> numbers;
};

class SweptScenario {
 public:
  virtual ~SweptScenario() = default;
  virtual std::unique_ptr<SweptScenario> copy() const = 0;

  // An input that chance can move: "system.level.network.bandwidth"; null when there is none.
  virtual double* input(const std::string& key) = 0;
  virtual std::vector<std::string> input_names() const = 0;
  virtual std::string system_name() const = 0;
  // What the scenario itself draws is drawn with its seed and the run's number added.
  virtual void draw(std::int64_t run) = 0;

  // Throws Fault where there is no answer.
  virtual SweptAnswer answer() const = 0;
};

// Throws Fault(usage) with file, line and the way out.
std::unique_ptr<SweptScenario> read_swept(SweepWhat what, const Document& document);
// The same of every value by itself: whether a plan divides is left to the answer of each point.
std::unique_ptr<SweptScenario> read_swept_values(SweepWhat what, const Document& document);

// Whether the scenario draws something itself, so that its runs differ.
bool draws(SweepWhat what);

// The column that a sweep is summed up by.
struct SweepMeasure {
  std::string column;
  bool most_is_best = false;
};
SweepMeasure measure_of(SweepWhat what);

const std::vector<std::string>& number_names(SweepWhat what);

// Of all kinds: a system's numbers with "system." before their paths.
double* system_input(System& system, const std::string& key);
std::vector<std::string> system_input_names(const System& system);

// The parts of the above by kind of scenario.
std::unique_ptr<SweptScenario> read_swept_training(SweepWhat what, const Document& document,
                                                   bool values_only);
std::unique_ptr<SweptScenario> read_swept_serving(const Document& document, bool values_only);
std::vector<std::string> training_number_names(SweepWhat what);
std::vector<std::string> serving_number_names();

}  // namespace trainyard
