// SPDX-License-Identifier: Apache-2.0
#include "planner/sweep.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

#include "cluster/explicit_step.h"
#include "cluster/reliability_terms.h"
#include "cluster/step.h"
#include "planner/row_message.h"
#include "planner/run_sweep.h"
#include "planner/sweep_fixture.h"
#include "planner/sweep_table.h"
#include "serving/serving_fixture.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

TEST_F(Sweeps, GoOverEveryPlaceOfTheGridAndEveryRun) {
  const Sweep sweep = read_sweep(at("sweep.toml"));
  EXPECT_EQ(sweep.points(), 4 * 2 * 2 * 5);
  std::set<std::pair<std::vector<std::size_t>, std::int64_t>> places;
  std::set<std::string> keys;
  for (std::int64_t point = 0; point < sweep.points(); ++point) {
    const SweepPlace place = place_of(sweep, point);
    places.insert({place.values, place.run});
    keys.insert(key_of(sweep, point));
  }
  EXPECT_EQ(places.size(), static_cast<std::size_t>(sweep.points()));
  EXPECT_EQ(keys.size(), static_cast<std::size_t>(sweep.points()));
}

TEST_F(Sweeps, GiveWhatTheClusterCommandGives) {
  write("plain.toml", "scenario = \"step.toml\"\n[sweep]\n\"plan.tensor\" = [2, 4]\n");
  const Sweep sweep = read_sweep(at("plain.toml"));
  const SweepRow row = PointEvaluation(sweep).of(1);
  const Scenario scenario =
      read_scenario(parse_toml(std::string(kSmall) + "[plan]\ntensor = 4\n", "x.toml"));
  const StepReport report = evaluate_step(scenario);
  ASSERT_EQ(row.numbers.size(), number_names(SweepWhat::step).size());
  EXPECT_EQ(row.numbers[0], report.seconds);
  EXPECT_EQ(row.numbers[4], report.energy.total_j());
}

double number(const SweepRow& row, SweepWhat what, const std::string& name) {
  const std::vector<std::string>& names = number_names(what);
  const auto at = std::find(names.begin(), names.end(), name);
  EXPECT_NE(at, names.end()) << name;
  EXPECT_EQ(row.numbers.size(), names.size()) << row.fault;
  return row.numbers.at(static_cast<std::size_t>(at - names.begin()));
}

TEST_F(Sweeps, GiveWhatFailuresLeaveAsTheClusterCommandDoes) {
  const std::string table = "[plan]\ntensor = 4\n[reliability]\nruns = 20\n";
  write("step.toml", kSmall + table);
  write("plain.toml",
        "scenario = \"step.toml\"\nevaluate = \"goodput\"\n[sweep]\n"
        "\"reliability.disk_minutes\" = [5, 120]\n\"reliability.spare_share\" = [0.02, 0.1]\n");
  const Sweep sweep = read_sweep(at("plain.toml"));
  const SweepRow row = PointEvaluation(sweep).of(2);
  const Scenario scenario =
      read_scenario(parse_toml(kSmall + table + "disk_minutes = 120\n", "x.toml"));
  const PolicyReport report = *goodput_of(scenario, evaluate_step(scenario));
  EXPECT_EQ(number(row, sweep.what, "goodput"), report.goodput.goodput.mean);
  EXPECT_EQ(number(row, sweep.what, "rework_share"), report.goodput.share(Cause::rework));
  EXPECT_EQ(number(row, sweep.what, "disk_interval_s"), report.goodput.disk_interval_s);
}

TEST_F(Sweeps, GiveTheStepWithEveryChipByItself) {
  const std::string table = "[plan]\ntensor = 4\n[faults]\nslow_share = 0.1\nslow_speed = 0.5\n";
  write("step.toml", kSmall + table);
  write("plain.toml",
        "scenario = \"step.toml\"\nevaluate = \"faults\"\n[sweep]\n\"plan.tensor\" = [4]\n"
        "[monte_carlo]\nseeds = 8\n");
  const Sweep sweep = read_sweep(at("plain.toml"));
  const Scenario scenario = read_scenario(
      parse_toml(kSmall + table + "seed = 4\n", "x.toml"));  // the scenario's 1, and run 3
  const SweepRow row = PointEvaluation(sweep).of(3);
  EXPECT_EQ(number(row, sweep.what, "explicit_step_s"),
            evaluate_explicit(scenario, fold_step(scenario)).seconds);
  EXPECT_EQ(number(row, sweep.what, "step_s"), evaluate_step(scenario).seconds);
  std::set<double> different;
  for (int run = 0; run < 8; ++run) {
    different.insert(number(PointEvaluation(sweep).of(run), sweep.what, "slowdown"));
  }
  EXPECT_GT(different.size(), 1u);  // slow chips are drawn anew
}

TEST_F(Sweeps, GiveWhatServingGives) {
  const std::string text = changed(kServing, "count = 2000", "count = 100");
  write("serve.toml", text);
  write("plain.toml",
        "scenario = \"serve.toml\"\n[sweep]\n\"plan.tensor\" = [3, 4, 8]\n"
        "\"requests.per_s\" = [5, 20]\n[monte_carlo]\nseeds = 2\n");
  const Sweep sweep = read_sweep(at("plain.toml"));
  EXPECT_EQ(sweep.what, SweepWhat::serving);
  const SweepRow row = PointEvaluation(sweep).of(2 * 2 * 2 + 2 + 1);  // 8, 20 a second, run 1
  const ServingReport report =
      serve(serving_of(changed(text, "per_s = 10", "per_s = 20\nseed = 2")));
  EXPECT_EQ(number(row, sweep.what, "ttft_p99_s"), report.ttft_s.p99);
  EXPECT_EQ(number(row, sweep.what, "energy_per_output_token_j"), report.joules_per_token);
  EXPECT_THAT(row.plan, HasSubstr("tensor 8"));
  EXPECT_THAT(PointEvaluation(sweep).of(0).fault,  // tensor 3
              HasSubstr("plain.toml:3: plan.tensor: replicas of tensor x data x pipeline = 3"));
}

TEST_F(Sweeps, OfServingSayWhatTheyFoundInOneLine) {
  write("serve.toml", changed(kServing, "count = 2000", "count = 100"));
  write("plain.toml", "scenario = \"serve.toml\"\n[sweep]\n\"requests.per_s\" = [5, 20]\n");
  SweepOptions options;
  options.out = at("out.sqlite");
  EXPECT_THAT(run_sweep(read_sweep(at("plain.toml")), options),
              HasSubstr("the most at point 1: 1 replica of tensor 8"));
}

TEST_F(Sweeps, MoveInputsTheSameWayAtEveryPlace) {
  const Sweep sweep = read_sweep(at("sweep.toml"));
  PointEvaluation evaluation(sweep);
  const SweepRow first = evaluation.of(0), second = evaluation.of(1);
  EXPECT_NE(first.numbers[0], second.numbers[0]);
  EXPECT_EQ(PointEvaluation(sweep).of(1).numbers, second.numbers);
}

TEST_F(Sweeps, KeepAPlanThatDoesNotDivideAsARowWithItsReason) {
  const Sweep sweep = read_sweep(at("sweep.toml"));
  const SweepRow row = PointEvaluation(sweep).of(2 * 2 * 2 * 5);  // tensor 3
  EXPECT_THAT(row.fault, HasSubstr("sweep.toml:4: plan.tensor: tensor x context x pipeline = 3"));
  EXPECT_TRUE(row.numbers.empty());
}

TEST_F(Sweeps, SearchAPlanAtEachPoint) {
  write("plans.toml",
        "scenario = \"step.toml\"\nevaluate = \"plan\"\n[sweep]\n\"plan.tensor\" = [4, 8]\n"
        "\"plan.pipeline\" = [2]\n\"plan.zero\" = [1]\n\"plan.context\" = [1]\n");
  const SweepRow row = PointEvaluation(read_sweep(at("plans.toml"))).of(1);
  EXPECT_THAT(row.plan, HasSubstr("tensor 8 x context 1 x pipeline 2"));
}

TEST_F(Sweeps, RowsTravelAsMessages) {
  SweepRow row;
  row.point = 7;
  row.key = "ab";
  row.plan = std::string("a\0b", 3);
  row.numbers = {1.5, -0.0, 1e300};
  const SweepRow read = row_of(message_of(row));
  EXPECT_EQ(read.point, 7);
  EXPECT_EQ(read.key, row.key);
  EXPECT_EQ(read.plan, row.plan);
  EXPECT_EQ(read.numbers, row.numbers);
}

TEST_F(Sweeps, GoOnWhereTheyWereBrokenOffAndTakeParts) {
  const Sweep sweep = read_sweep(at("sweep.toml"));
  SweepOptions options;
  options.out = at("out.sqlite");
  options.parts = 3;
  for (options.part = 0; options.part < 2; ++options.part) run_sweep(sweep, options);
  EXPECT_TRUE(std::filesystem::exists(at("out.sqlite.part-1-of-3")));
  options.part = 0;
  options.parts = 1;
  EXPECT_THAT(run_sweep(sweep, options), HasSubstr("degrees: 80 points"));
  const std::vector<char> done = SweepTable(sweep, options.out).done();
  EXPECT_EQ(std::count(done.begin(), done.end(), 1), 80);
}

TEST_F(Sweeps, WriteASlurmJobArray) {
  SweepOptions options;
  options.out = "it's.sqlite";
  options.parts = 16;
  options.threads = 4;
  const std::string script = slurm_script(read_sweep(at("sweep.toml")), options);
  EXPECT_THAT(script, HasSubstr("#SBATCH --array=0-15\n"));
  EXPECT_THAT(script, HasSubstr("--out 'it'\\''s.sqlite' --part \"$SLURM_ARRAY_TASK_ID/16\""));
  write("job.sh", script);
  EXPECT_EQ(std::system(("bash -n " + at("job.sh")).c_str()), 0);
}

}  // namespace
}  // namespace trainyard
