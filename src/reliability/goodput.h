// SPDX-License-Identifier: Apache-2.0
// What is left of a job's time when things fail: many lives of it, and their means with intervals.
// The same seed gives the same bits on any number of threads.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "reliability/life.h"

namespace trainyard {

struct GoodputOptions {
  std::int64_t runs = 1000;
  std::uint64_t seed = 1;
  int threads = 0;  // 0: as many as the host has
};

// A mean over lives. `low` to `high` holds the true mean with 95 % (Student's t); 95 % of lives lie
// from `life_low` to `life_high`.
struct Estimate {
  double mean = 0, low = 0, high = 0, life_low = 0, life_high = 0;
};

struct KindReport {
  std::string name, effect, origin;
  double failures = 0, interruptions = 0;  // means over lives
  double lost_share = 0;                   // of the job's time, standing still and rework
};

struct GoodputReport {
  std::int64_t runs = 0, chips = 0, nodes = 0, spare_nodes = 0;
  std::uint64_t seed = 0;
  double days = 0, step_s = 0;

  Estimate goodput;        // share of the time that went to steps that were kept
  double effective = 0;    // with what noise and stragglers added to those steps
  Estimate steps;          // kept
  Estimate interruptions;  // of the job
  // Means by cause. Whole multiples of 2^-50 that add up to 1 exactly, in any order.
  std::array<double, kCauses> shares{};
  std::vector<KindReport> kinds;

  double failure_gap_s = 0;       // expected, between failures of any kind; 0: nothing fails
  double interruption_gap_s = 0;  // as simulated; 0: there was none
  double disk_restores = 0, memory_restores = 0, restarts_broken = 0;  // means over lives
  double corruptions_unfound = 0;
  double nodes_out_most = 0;  // nodes in repair at once, mean over lives of the most
  double never_returned = 0;  // share of lives that stood still for good
  double noise_factor = 1;    // the mean step over step_s
  double memory_interval_s = 0, disk_interval_s = 0, validation_interval_s = 0;
  std::vector<std::string> remarks;

  double share(Cause cause) const { return shares[static_cast<std::size_t>(cause)]; }
};

GoodputReport simulate_goodput(const ReliabilityJob& job, const GoodputOptions& options = {});

void write_goodput(JsonWriter& json, const GoodputReport& report);  // one object
std::string goodput_text(const GoodputReport& report);

}  // namespace trainyard
