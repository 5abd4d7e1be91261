// SPDX-License-Identifier: Apache-2.0
#include "planner/sweep.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

#include "cluster/step.h"
#include "planner/row_message.h"
#include "planner/run_sweep.h"
#include "planner/sweep_fixture.h"
#include "planner/sweep_table.h"

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
  ASSERT_EQ(row.numbers.size(), number_names().size());
  EXPECT_EQ(row.numbers[0], report.seconds);
  EXPECT_EQ(row.numbers[4], report.energy.total_j());
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
