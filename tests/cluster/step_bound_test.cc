// SPDX-License-Identifier: Apache-2.0
#include "cluster/step_bound.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "cluster/scenario_fixture.h"
#include "cluster/step.h"
#include "cluster/step_view.h"
#include "seed.h"

namespace trainyard {
namespace {

// Half of the layers have experts, so that stages differ.
constexpr const char* kExperts = R"(
[system]
base = "trn2-ultraserver"
chips = 64
[model]
layers = 24
hidden = 2048
heads = 16
ffn = 8192
vocab = 65536
experts = 64
top_k = 4
expert_ffn = 1024
dense_layers = 12
[training]
sequence = 4096
global_batch = 1024
[plan]
)";

class Drawing {
 public:
  explicit Drawing(std::uint64_t seed) : random_(seed) {}

  std::int64_t one_of(const std::vector<std::int64_t>& values) {
    return values[random_() % values.size()];
  }

  // False where the plan does not hold together.
  bool plan(Scenario& scenario) {
    Plan& plan = scenario.plan;
    plan.tensor = one_of({1, 2, 4, 8});
    plan.context = one_of({1, 2, 4});
    plan.pipeline = one_of({1, 2, 4, 8, 16});
    plan.expert = scenario.model.has_experts() ? one_of({1, 4, 16}) : 1;
    plan.data = scenario.ranks() / (plan.tensor * plan.context * plan.pipeline);
    plan.micro_batch = one_of({1, 2, 4});
    plan.zero = one_of({0, 1, 2, 3});
    plan.sequence_parallel = one_of({0, 1}) == 1;
    plan.recompute = static_cast<Recompute>(one_of({0, 1, 2}));
    plan.schedule = static_cast<ScheduleKind>(one_of({0, 1, 2, 3, 4}));
    plan.virtual_stages = plan.schedule == ScheduleKind::interleaved ? one_of({1, 2, 3})
                          : plan.schedule == ScheduleKind::dual_pipe ? 2
                                                                     : 1;
    try {
      check_plan(scenario);
    } catch (const Fault&) {
      return false;
    }
    return !schedule_fault(plan.schedule, plan.pipeline, plan.virtual_stages,
                           scenario.micro_batches());
  }

 private:
  std::mt19937_64 random_;
};

TEST(StepBound, IsNeverAboveTheStepAndIsNearIt) {
  Drawing drawing(test::printed_seed());
  int plans = 0, near = 0;
  for (Scenario scenario : {scenario_of(kExperts), scenario_of(kLlama)}) {
    for (int i = 0; i < 3000; ++i) {
      if (!drawing.plan(scenario)) continue;
      ++plans;
      const StepReport report = evaluate_step(scenario, true);
      const StepBound bound = step_bound(scenario);
      const std::string which = plan_words(scenario.plan);
      ASSERT_LE(bound.seconds, report.seconds) << which;
      ASSERT_LE(bound.memory_bytes, report.largest_memory_bytes()) << which;
      ASSERT_LE(bound.energy_j, report.energy.total_j()) << which;
      ASSERT_EQ(memory_bound(scenario), bound.memory_bytes);
      near += bound.seconds > 0.9 * report.seconds ? 1 : 0;
    }
  }
  EXPECT_GT(plans, 500);
  EXPECT_GT(near, plans / 2);
  RecordProperty("near", near);
}

TEST(StepBound, KnowsTheMemoryOfGpipeAnd1F1B) {
  for (const char* schedule : {"gpipe", "1f1b"}) {
    const Scenario scenario = scenario_of(
        with(kLlama, "zero = 2", std::string("zero = 2\nschedule = \"") + schedule + "\""));
    const double bytes = evaluate_step(scenario, true).largest_memory_bytes();
    EXPECT_NEAR(memory_bound(scenario), bytes, 1e-8 * bytes) << schedule;
  }
}

}  // namespace
}  // namespace trainyard
