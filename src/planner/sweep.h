// SPDX-License-Identifier: Apache-2.0
// Many scenarios that differ in some keys, or in what chance gives to uncertain inputs; their
// results go into one SQLite file. docs/planner.md lists the keys of a sweep's file:
//
//   scenario = "step.toml"
//   [sweep]
//   "plan.tensor" = [4, 8]
//   "system.chips" = [1024, 4096]
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/document.h"
#include "base/fault.h"
#include "planner/swept_scenario.h"

namespace trainyard {

struct SweepAxis {
  std::string key;  // "plan.tensor"
  std::vector<DocumentNode> values;
  int line = 0;
};

// An input that chance moves: by a lognormal factor of mean 1 and this deviation.
struct SweepSpread {
  std::string key;  // "system.level.network.bandwidth", "software.matmul_efficiency"
  double deviation = 0;
};

struct Sweep {
  std::string file, title;
  SweepWhat what = SweepWhat::step;
  Document scenario;  // without the swept keys
  std::vector<SweepAxis> axes;
  std::vector<SweepSpread> spreads;
  std::int64_t seeds = 1;  // runs of each place of the grid
  std::uint64_t seed = 1;
  std::string hash;  // of all that the results follow from

  std::int64_t points() const;
};

// Throws Fault(usage) with file, line and the way out; every value of every axis is read once.
Sweep read_sweep(const std::string& file);

// Which value of each axis a point has, and which run it is; the last axis goes fastest.
struct SweepPlace {
  std::vector<std::size_t> values;
  std::int64_t run = 0;
};
SweepPlace place_of(const Sweep& sweep, std::int64_t point);
// The scenario of a place of the grid.
Document scenario_of(const Sweep& sweep, const SweepPlace& place);

// One finished point.
struct SweepRow {
  std::int64_t point = 0;
  std::string key;    // hash of the point, the same in whatever order points are done
  std::string fault;  // why there are no numbers; empty: there are
  std::string plan;
  std::vector<double> numbers;  // of number_names(what)
};

std::string key_of(const Sweep& sweep, std::int64_t point);

// Evaluates points, one after another; runs of one place of the grid share what was read for it.
class PointEvaluation {
 public:
  explicit PointEvaluation(const Sweep& sweep) : sweep_(sweep) {}

  SweepRow of(std::int64_t point);

 private:
  const SweptScenario& read(const SweepPlace& place);

  const Sweep& sweep_;
  std::vector<std::size_t> values_;
  std::unique_ptr<SweptScenario> scenario_;
};

// A fault of a swept key, at the key's line in the sweep.
Fault in_sweep(const Sweep& sweep, const Fault& fault);

// 128 bits of FNV-1a, as 32 hexadecimal digits.
std::string hash_of(const std::string& text);

}  // namespace trainyard
