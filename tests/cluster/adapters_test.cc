// SPDX-License-Identifier: Apache-2.0
// Low-rank adapters beside frozen weights: what they save and what they add.
#include <gtest/gtest.h>

#include "cluster/operator_list.h"
#include "cluster/operators.h"
#include "cluster/scenario_fixture.h"
#include "cluster/step.h"

namespace trainyard {
namespace {

constexpr const char* kSmall = R"(
[system]
base = "hgx-h100"
chips = 16
[model]
layers = 40
hidden = 5120
heads = 40
ffn = 13824
vocab = 32000
[training]
sequence = 4096
global_batch = 16
[plan]
tensor = 4
)";
constexpr double kTokens = 16.0 * 4096;

std::string adapted(const std::string& keys, const std::string& text = kSmall) {
  return with(text, "[plan]", "[adapters]\n" + keys + "\n[plan]");
}

TEST(Adapters, HaveTheParametersOfTheirTwoMatrices) {
  const Scenario attention = scenario_of(adapted("rank = 16"));
  const double of_attention = 16.0 * (5120 + 3 * 5120 + 5120 + 5120);
  EXPECT_EQ(trained_parameters(attention.model, attention.training), 40 * of_attention);
  const Scenario all = scenario_of(adapted("rank = 16\non = \"all\""));
  const double of_feed_forward = 16.0 * (5120 + 2 * 13824 + 13824 + 5120);
  EXPECT_EQ(trained_parameters(all.model, all.training), 40 * (of_attention + of_feed_forward));
  const Scenario whole = scenario_of(kSmall);
  EXPECT_EQ(trained_parameters(whole.model, whole.training), whole.model.parameters());
}

// Forward and the inputs' gradients: 4 FLOP a parameter and token instead of 6.
TEST(Adapters, LeaveTheGradientsOfFrozenWeightsOut) {
  const Scenario scenario = scenario_of(adapted("rank = 1"));
  const double products = scenario.model.active_parameters() * kTokens;
  const double adapters = trained_parameters(scenario.model, scenario.training) * kTokens;
  const StepReport frozen = evaluate_step(scenario), whole = evaluate_step(scenario_of(kSmall));
  EXPECT_NEAR(whole.model_flop - frozen.model_flop, 2 * products, 0.01 * products);
  EXPECT_LT(frozen.seconds, whole.seconds);
  const StepReport wide = evaluate_step(scenario_of(adapted("rank = 65")));
  EXPECT_NEAR((wide.model_flop - frozen.model_flop) / (64 * 6 * adapters), 1, 0.7);
  EXPECT_GT(wide.model_flop, frozen.model_flop + 64 * 6 * adapters * 0.99);
  for (const ListedOperator& op : list_operators(scenario)) {
    if (op.pass == std::string("weights' gradient")) {
      EXPECT_NE(std::string(op.name).find("adapter"), std::string::npos) << op.name;
    }
  }
}

TEST(Adapters, AloneHaveGradientsAndStates) {
  const Scenario scenario = scenario_of(adapted("rank = 16"));
  const MemoryUse frozen = evaluate_step(scenario).memory.front();
  const MemoryUse whole = evaluate_step(scenario_of(kSmall)).memory.front();
  EXPECT_NEAR(frozen.parameters / whole.parameters, 1, 0.01);
  // An adapter's side that is not cut stands on all 4 ranks.
  const double trained = trained_parameters(scenario.model, scenario.training);
  EXPECT_GE(frozen.gradients, 4 * trained / 4);
  EXPECT_LE(frozen.gradients, 4 * trained);
  EXPECT_NEAR(frozen.optimizer, 12.0 / 4 * frozen.gradients / 4, 1e-6 * frozen.optimizer);
  EXPECT_LT(frozen.activations, whole.activations);
  const MemoryUse in_8_bits =
      evaluate_step(scenario_of(adapted("rank = 16", with(kSmall, "global_batch = 16",
                                                          "global_batch = 16\nformat = \"fp8\""))))
          .memory.front();
  EXPECT_NEAR(in_8_bits.parameters, frozen.parameters / 2, 0.01 * frozen.parameters);
}

TEST(Adapters, ExchangeTheirOwnGradientsAlone) {
  const StepReport frozen = evaluate_step(scenario_of(adapted("rank = 16")));
  const StepReport whole = evaluate_step(scenario_of(kSmall));
  EXPECT_LT(frozen.shares.data_s, 0.1 * whole.shares.data_s);
  EXPECT_LT(frozen.shares.optimizer_s, 0.05 * whole.shares.optimizer_s);
}

TEST(Adapters, AModelThatCannotBeTrainedWholeMayBeAdapted) {
  const std::string large = with(kSmall, "layers = 40", "layers = 120");
  EXPECT_THROW(evaluate_step(scenario_of(large)), Fault);
  EXPECT_GT(evaluate_step(scenario_of(adapted("rank = 16", with(large, "[plan]\n",
                                                                "[plan]\nrecompute = \"full\"\n"))))
                .seconds,
            0);
}

// Scores and the products of adapters are not in 8 bits, whatever the others are.
TEST(Energy, OfAttentionIsThatOf16Bits) {
  const StepReport wide = evaluate_step(scenario_of(kSmall));
  const Scenario narrow =
      scenario_of(with(kSmall, "global_batch = 16", "global_batch = 16\nformat = \"fp8\""));
  const double scores = 3.5 * 4 * 40 * 5120.0 * kTokens * 4096 / 2;
  const double products = wide.model_flop - scores;
  const SystemChip& chip = narrow.system.chip;
  EXPECT_NEAR(evaluate_step(narrow).energy.arithmetic_j,
              1e-12 * (products * chip.fp8_pj_per_flop + scores * chip.bf16_pj_per_flop),
              1e-3 * wide.energy.arithmetic_j);
}

}  // namespace
}  // namespace trainyard
