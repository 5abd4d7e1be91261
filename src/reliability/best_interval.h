// SPDX-License-Identifier: Apache-2.0
// The interval between checkpoints or validations that keeps most of the time, by search over the
// model, and what Young's and Daly's formulas would have said.
#pragma once

#include <string>
#include <vector>

#include "reliability/goodput.h"

namespace trainyard {

enum class IntervalKind : std::uint8_t { disk, memory, validation };

struct IntervalPoint {
  std::int64_t steps = 0;
  double interval_s = 0;
  Estimate goodput;
};

struct IntervalSearch {
  IntervalKind kind = IntervalKind::disk;
  IntervalPoint best;
  std::vector<IntervalPoint> points;  // all that were tried, by interval
  // Intervals all of whose goodput is within the best's interval of trust.
  double good_from_s = 0, good_to_s = 0;
  // sqrt(2 pause gap), and Daly's higher-order form, between the failures that stop the job. Of
  // validations sqrt(time gap), between corruptions: what is lost is a whole interval, not half.
  double young_s = 0, daly_s = 0;
  double young_goodput = 0;  // of the model at Young's interval
  bool young_valid = true;   // the formula supposes that interval, pause and restart << gap
  std::string remark;
};

// The job's other intervals stay as they are. Points share their random numbers, and lives that are
// long enough for their mean rather than the whole job.
IntervalSearch best_interval(const ReliabilityJob& job, IntervalKind kind,
                             const GoodputOptions& options = {});

void write_search(JsonWriter& json, const IntervalSearch& search);  // one object
std::string search_text(const IntervalSearch& search);

}  // namespace trainyard
