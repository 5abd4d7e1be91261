// SPDX-License-Identifier: Apache-2.0
#include "cluster/step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "cluster/scenario_fixture.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

constexpr double kGiB = 1024.0 * 1024 * 1024;

std::string fault_of(const std::string& text) {
  try {
    evaluate_step(scenario_of(text));
  } catch (const Fault& fault) {
    return fault.message();
  }
  return "no fault";
}

TEST(Step, SharesAddUpToTheStep) {
  const StepReport report = evaluate_step(scenario_of(kLlama));
  EXPECT_NEAR(report.shares.total(), report.seconds, 1e-9 * report.seconds);
  EXPECT_GT(report.shares.bubble_s, 0);
  EXPECT_GT(report.energy.total_j(), report.energy.chips_j());
}

TEST(Step, FlopAreThoseOfTheFormula) {
  // 6 FLOP a parameter and token, and the scores of causal attention: 12 layers x hidden x tokens
  // x sequence / 2 (Narayanan et al. 2021), backward of fused attention at 2.5 times, not 2.
  const Scenario scenario = scenario_of(kLlama);
  const StepReport report = evaluate_step(scenario);
  const double tokens = 2048.0 * 8192;
  const double products = 6 * (scenario.model.parameters() - 128256.0 * 16384) * tokens;
  const double scores = 3.5 * 4 * 126 * 16384.0 * tokens * 8192 / 2;
  EXPECT_NEAR(report.model_flop, products + scores, 1e-3 * products);
}

TEST(Step, FourBitsAreFasterWhereTheChipHasTheirRate) {
  const auto step_of = [](const char* base, const char* format) {
    std::string text = with(kLlama, "hgx-h100", base);
    text =
        with(text, "sequence = 8192", std::string("sequence = 8192\nformat = \"") + format + "\"");
    return evaluate_step(scenario_of(with(text, "chips = 16384", "chips = 1024")), true);
  };
  const StepReport fp8 = step_of("gb200-nvl72", "fp8"), fp4 = step_of("gb200-nvl72", "nvfp4");
  EXPECT_NEAR(fp4.shares.matmul_s, fp8.shares.matmul_s / 2, 0.1 * fp8.shares.matmul_s);
  EXPECT_GT(fp4.shares.elementwise_s, fp8.shares.elementwise_s);  // quantised in more passes
  EXPECT_LT(fp4.energy.arithmetic_j, fp8.energy.arithmetic_j);
  EXPECT_GE(step_of("hgx-h100", "nvfp4").seconds, step_of("hgx-h100", "fp8").seconds);
}

TEST(Step, ActivationsAreThoseOfKorthikanti) {
  // arXiv 2205.05198, figure 1 and 4 (scale-dev rows memory-a100-80gb-megatron-*): GiB of the first
  // pipeline rank, tensor 8, one sequence.
  struct Case {
    const char* model;
    int layers, hidden, heads, micro_batch, pipeline, chunks, batches;
    const char* recompute;
    double gib;
  };
  for (const Case& c : {Case{"22B", 48, 6144, 64, 4, 1, 1, 1, "none", 59.25},
                        Case{"175B", 96, 12288, 96, 1, 8, 3, 64, "none", 66.84375},
                        Case{"175B", 96, 12288, 96, 1, 8, 3, 64, "selective", 12.3515625},
                        Case{"1T", 128, 25600, 160, 1, 64, 1, 512, "selective", 26.5625}}) {
    const bool selective = std::string(c.recompute) == "selective";
    const Scenario scenario = scenario_of(fmt::format(
        "[system]\nbase = \"hgx-a100\"\nchips = {}\n[model]\nlayers = {}\nhidden = {}\nheads = {}\n"
        "ffn = {}\nvocab = 51200\ngated = false\n[training]\nsequence = 2048\nglobal_batch = {}\n"
        "attention = \"unfused\"\n[plan]\ntensor = 8\npipeline = {}\nvirtual_stages = {}\n"
        "micro_batch = {}\nsequence_parallel = {}\nrecompute = \"{}\"\n",
        8 * c.pipeline, c.layers, c.hidden, c.heads, 4 * c.hidden, c.batches * c.micro_batch,
        c.pipeline, c.chunks, c.micro_batch, selective, c.recompute));
    const StepReport report = evaluate_step(scenario, true);
    EXPECT_NEAR(report.memory.front().activations / kGiB, c.gib, 0.02 * c.gib) << c.model;
  }
}

TEST(Step, MoreOfTheSameReplicasCostTheSameTimeButTheirExchange) {
  const double small = evaluate_step(scenario_of(kLlama)).seconds;
  const double large =
      evaluate_step(scenario_of(with(with(kLlama, "16384\n[model]", "131072\n[model]"),
                                     "2048\n[plan]", "16384\n[plan]")))
          .seconds;
  EXPECT_GE(large, small);
  EXPECT_LT(large, 1.05 * small);
}

TEST(Step, AModelThatDoesNotFitIsSaidSo) {
  const std::string fault = fault_of(with(kLlama, "pipeline = 16", "pipeline = 2"));
  EXPECT_THAT(fault, HasSubstr("scenario.toml:15: plan: a rank of pipeline stage 0 needs"));
  EXPECT_THAT(fault, HasSubstr("GiB of 74.5"));
}

TEST(Step, PlansThatDoNotDivideAreSaidSo) {
  EXPECT_THAT(fault_of(with(kLlama, "tensor = 8", "tensor = 7")),
              HasSubstr("does not divide the 16384 ranks"));
  EXPECT_THAT(fault_of(with(kLlama, "global_batch = 2048", "global_batch = 2000")),
              HasSubstr("a multiple of 128"));
  EXPECT_THAT(fault_of(with(kLlama, "pipeline = 16", "pipeline = 256")),
              HasSubstr("126 layers do not fill 256 stages"));
  EXPECT_THAT(fault_of(with(kLlama, "zero = 2", "expert = 2")), HasSubstr("has no experts"));
  EXPECT_THAT(fault_of(with(kLlama, "zero = 2", "zero = 7")), HasSubstr("stages 0 to 3"));
  EXPECT_THAT(fault_of(with(kLlama, "tensor = 8", "tensr = 8")), HasSubstr("did you mean"));
}

}  // namespace
}  // namespace trainyard
