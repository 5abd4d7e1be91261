// SPDX-License-Identifier: Apache-2.0
// The model against an independent walk through the same jobs, step by step and chip by chip:
// step_by_step.py wrote step_by_step.csv, 400 lives of each.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "reliability/goodput.h"

namespace trainyard {
namespace {

FailureKind kind(Effect effect, double per_chip_day, Duration detection) {
  FailureKind kind;
  kind.name = effect_name(effect);
  kind.effect = effect;
  kind.per_chip_day = per_chip_day;
  kind.detection = detection;
  kind.nodes = 0;
  return kind;
}

FailureKind stops(double per_chip_day) {
  return kind(Effect::stops, per_chip_day, {60, Spread::exponential});
}

CheckpointLevel level(std::int64_t steps, double seconds) {
  CheckpointLevel level;
  level.interval_steps = steps;
  level.bytes = seconds * 1e9;
  level.write_bytes_per_s = level.read_bytes_per_s = 1e9;
  return level;
}

ReliabilityJob job(FailureKind failure, std::int64_t disk_steps, double disk_s) {
  ReliabilityJob job;
  job.chips = 64;
  job.chips_per_node = 8;
  job.days = 4;
  job.step_s = 20;
  job.failures = {std::move(failure)};
  job.disk = level(disk_steps, disk_s);
  job.restart.schedule_s = 100;
  return job;
}

std::map<std::string, ReliabilityJob> jobs() {
  std::map<std::string, ReliabilityJob> jobs;
  jobs["restarts"] = job(stops(0.2), 60, 40);
  ReliabilityJob& levels = jobs["two_levels"] = job(stops(0.2), 100, 60);
  levels.memory = level(10, 5);
  levels.failures[0].copy_lost = 0.3;
  ReliabilityJob& spares = jobs["spares"] = job(stops(0.1), 60, 40);
  spares.failures[0].nodes = 1;
  spares.failures[0].repair = {10'000, Spread::exponential};
  spares.spare_nodes = 1;
  ReliabilityJob& asynchronous = jobs["asynchronous"] = job(stops(0.3), 20, 200);
  asynchronous.disk.asynchronous = true;
  asynchronous.disk.pause_s = 4;
  ReliabilityJob& silent = jobs["silent"] = job(stops(0.05), 50, 30);
  silent.failures.push_back(kind(Effect::corrupts, 0.1, {300, Spread::exponential}));
  silent.validation = {.interval_steps = 200, .seconds = 60};
  ReliabilityJob& stragglers = jobs["stragglers"] = job(stops(0.05), 50, 30);
  stragglers.failures.push_back(kind(Effect::slows, 0.05, {8000, Spread::exponential}));
  stragglers.failures[1].slowdown = 0.3;
  ReliabilityJob& elastic = jobs["elastic"] = job(stops(0.15), 200, 30);
  elastic.chips_per_node = 2;
  elastic.failures[0].nodes = 1;
  elastic.failures[0].repair = {30'000, Spread::exponential};
  elastic.elastic.enabled = true;
  elastic.elastic.replicas = 8;
  elastic.elastic.regroup_s = 50;
  jobs["short_gaps"] = job(stops(3), 10, 10);
  return jobs;
}

double value(const GoodputReport& report, const std::string& what) {
  if (what == "useful") return report.goodput.mean;
  if (what == "interruptions") return report.interruptions.mean;
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    std::string name = cause_name(static_cast<Cause>(cause));
    if (name == "disk_checkpoint") name = "disk";
    if (name == "memory_checkpoint") name = "memory";
    if (name == what) return report.shares[cause];
  }
  ADD_FAILURE() << "no figure called " << what;
  return 0;
}

TEST(Goodput, AgreesWithAWalkThroughTheJobStepByStepAndChipByChip) {
  const std::map<std::string, ReliabilityJob> all = jobs();
  std::map<std::string, GoodputReport> reports;
  for (const auto& [name, one] : all) reports[name] = simulate_goodput(one, {.runs = 4000});
  std::ifstream file(std::string(TRAINYARD_SOURCE_DIR) + "/tests/reliability/step_by_step.csv");
  std::string line;
  std::getline(file, line);
  int rows = 0;
  for (; std::getline(file, line); ++rows) {
    std::istringstream cells(line);
    std::string name, what, mean, error;
    std::getline(cells, name, ',');
    std::getline(cells, what, ',');
    std::getline(cells, mean, ',');
    std::getline(cells, error, ',');
    ASSERT_TRUE(reports.count(name)) << name;
    const double expected = std::stod(mean);
    // Four standard errors; a third of a percent for steps that a failure cuts differently.
    EXPECT_NEAR(value(reports[name], what), expected, 4.2 * std::stod(error) + 0.003 * expected)
        << name << " " << what;
  }
  EXPECT_EQ(rows, 8 * 8);
}

}  // namespace
}  // namespace trainyard
