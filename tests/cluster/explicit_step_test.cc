// SPDX-License-Identifier: Apache-2.0
#include "cluster/explicit_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cluster/scenario_fixture.h"
#include "cluster/step_spread.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

struct Case {
  const char *system, *plan;
  int chips, batch;
};

std::string text_of(const Case& c, const std::string& faults) {
  return fmt::format(
      "[system]\nbase = \"{}\"\nchips = {}\n[model]\nlayers = 32\nhidden = 4096\nheads = 32\n"
      "kv_heads = 8\nffn = 14336\nvocab = 32000\n{}[training]\nsequence = 4096\nglobal_batch = {}\n"
      "[plan]\n{}\n[faults]\n{}\n",
      c.system, c.chips,
      std::string(c.plan).find("expert") != std::string::npos
          ? "experts = 64\ntop_k = 4\nexpert_ffn = 2048\n"
          : "",
      c.batch, c.plan, faults);
}

ExplicitStep evaluate(const Case& c, const std::string& faults, bool every = false,
                      unsigned threads = 1) {
  const Scenario scenario = scenario_of(text_of(c, faults));
  return evaluate_explicit(scenario, fold_step(scenario, true), threads, every);
}

constexpr Case kPlans[] = {
    {"hgx-h100", "tensor = 8\npipeline = 4\nschedule = \"gpipe\"", 256, 128},
    {"hgx-h100", "tensor = 8\npipeline = 4", 256, 128},
    {"trn3-gen2", "tensor = 8\npipeline = 4\nvirtual_stages = 2\nzero = 2", 144, 288},
    {"trn2-ultraserver", "tensor = 4\npipeline = 8\nschedule = \"zero-bubble\"", 256, 512},
    {"gb200-nvl72", "tensor = 4\npipeline = 4\nschedule = \"dualpipe\"", 144, 144},
    {"trn1", "tensor = 8\npipeline = 4\nzero = 3", 64, 64},
    {"trn3-gen2", "tensor = 4\npipeline = 4\nexpert = 16", 128, 256},
    {"hgx-h800", "tensor = 2\npipeline = 4\nexpert = 32\nschedule = \"dualpipe\"", 256, 512},
    {"hgx-h100", "tensor = 8\ncontext = 2\npipeline = 2", 128, 64},
    {"hgx-h100", "tensor = 8\npipeline = 4\nschedule = \"zero-bubble\"\n[adapters]\nrank = 16", 256,
     512},
};
constexpr Case kPlain = {"hgx-h100", "tensor = 8\npipeline = 4", 256, 128};

std::string fault_of(const Case& c, const std::string& faults) {
  try {
    evaluate(c, faults);
  } catch (const Fault& fault) {
    return fault.message();
  }
  return "no fault";
}

TEST(ExplicitStep, WithoutFaultsEveryChipByItselfTakesAsLongAsTheFoldedStep) {
  for (const Case& c : kPlans) {
    SCOPED_TRACE(text_of(c, ""));
    const double folded = evaluate_step(scenario_of(text_of(c, "")), true).seconds;
    for (const bool every : {false, true}) {
      const ExplicitStep made = evaluate(c, "", every);
      EXPECT_NEAR(made.seconds, folded, 1e-6 * folded);
      EXPECT_NEAR(made.symmetric_s, folded, 1e-12 * folded);
      EXPECT_EQ(made.depth, every ? StepDepth::explicit_chips : StepDepth::folded);
    }
  }
}

TEST(ExplicitStep, OneSlowChipHoldsUpEveryReplica) {
  // Row straggler-a100-80gb-bloom-176b-001: 384 A100, one 2.5 % slower in a benchmark of its own;
  // the step was 5 % longer. A chip cannot hold up its pipeline by more than it is slower itself.
  const auto evaluated = [](int chip) {
    const Scenario scenario = scenario_of(fmt::format(
        "[system]\nbase = \"hgx-a100\"\nchips = 384\n[model]\nlayers = 70\nhidden = 14336\n"
        "heads = 112\nffn = 57344\nvocab = 250880\ngated = false\n[training]\nsequence = 2048\n"
        "global_batch = 2048\n[plan]\ntensor = 4\npipeline = 12\nmicro_batch = 2\n"
        "[[faults.chip]]\nchip = {}\nspeed = 0.975\n",
        chip));
    return evaluate_explicit(scenario, fold_step(scenario, true));
  };
  for (const int chip : {17, 383}) {
    const ExplicitStep made = evaluated(chip);
    RecordProperty(fmt::format("slowdown_{}", chip), fmt::format("{:.5f}", made.slowdown()));
    EXPECT_EQ(made.last_chip, chip);
    EXPECT_EQ(made.classes, 2);
    EXPECT_LT(made.slowdown(), 1 / 0.975);
  }
  EXPECT_GT(evaluated(383).slowdown(), 1.015);  // in the fullest stage, which has the loss too
}

TEST(ExplicitStep, ClassesGiveWhatEveryReplicaGives) {
  for (const Case& c : kPlans) {
    SCOPED_TRACE(text_of(c, ""));
    const std::string faults =
        "[[faults.chip]]\nchip = 3\nspeed = 0.8\n[[faults.chip]]\nchip = 40\nspeed = 0.7\n";
    const ExplicitStep folded = evaluate(c, faults), every = evaluate(c, faults, true);
    EXPECT_EQ(folded.seconds, every.seconds);
    EXPECT_GT(folded.slowdown(), 1.05);
  }
}

TEST(ExplicitStep, NoiseHasTheSameBitsOnAnyNumberOfThreads) {
  const double one = evaluate(kPlain, "jitter = 0.05\nslow_share = 0.02\nslow_speed = 0.9").seconds;
  for (const unsigned threads : {2U, 3U}) {
    EXPECT_EQ(one,
              evaluate(kPlain, "jitter = 0.05\nslow_share = 0.02\nslow_speed = 0.9", true, threads)
                  .seconds);
  }
  EXPECT_NE(
      one,
      evaluate(kPlain, "seed = 2\njitter = 0.05\nslow_share = 0.02\nslow_speed = 0.9").seconds);
}

TEST(ExplicitStep, NoiseGivesWhatOneReplicaAfterTheOtherGives) {
  // 1F1B written down again: who waits for whom, with every chip's own factor.
  const Scenario scenario =
      scenario_of(text_of(kPlain, "jitter = 0.1\n[[faults.chip]]\nchip = 70\nspeed = 0.9"));
  const FoldedStep step = fold_step(scenario, true);
  const ChipNoise noise(0.1, 1);
  const std::int64_t batches = scenario.micro_batches(), replicas = scenario.plan.data;
  double last_s = 0;
  for (std::int64_t replica = 0; replica < replicas; ++replica) {
    const auto took = [&](std::int64_t stage, std::size_t at, bool forward) {
      const auto chunk = static_cast<std::size_t>(stage);
      StepShares shares = step.chunk_forward[chunk];
      double total = step.times.forward_s[chunk], work = shares.matmul_s + shares.attention_s +
                                                         shares.elementwise_s + shares.recompute_s;
      if (!forward) {
        shares = step.chunk_shares[chunk];
        work =
            shares.matmul_s + shares.attention_s + shares.elementwise_s + shares.recompute_s - work;
        total = step.times.backward_s[chunk];
      }
      double slowest = 0;
      for (std::int64_t i = 0; i < 8; ++i) {
        const std::int64_t chip = (stage * replicas + replica) * 8 + i;
        const std::uint32_t word = noise.words(static_cast<std::uint64_t>(chip),
                                               static_cast<std::uint32_t>(at / 4))[at % 4];
        slowest = std::max(slowest, noise.factor(word) * (chip == 70 ? 1 / 0.9 : 1));
      }
      return total - work + work * slowest;
    };
    std::vector<double> free_s(4, 0.0);
    std::vector<std::vector<double>> forward(4, std::vector<double>(batches, -1)), back = forward;
    std::vector<std::size_t> next(4, 0);
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t stage = 0; stage < 4; ++stage) {
        if (next[stage] == step.schedule.sequences[stage].size()) continue;
        const StepOperation& op = step.schedule.sequences[stage][next[stage]];
        const auto batch = static_cast<std::size_t>(op.micro_batch);
        const bool ahead = op.kind == StepKind::forward;
        double ready_s = 0;
        if (ahead && stage > 0) ready_s = forward[stage - 1][batch];
        if (!ahead) ready_s = stage == 3 ? forward[3][batch] : back[stage + 1][batch];
        if (ready_s < 0) continue;
        if (ahead ? stage > 0 : stage < 3) ready_s += step.times.send_s;
        free_s[stage] = std::max(free_s[stage], ready_s) +
                        took(static_cast<std::int64_t>(stage), next[stage], ahead);
        (ahead ? forward : back)[stage][batch] = free_s[stage];
        ++next[stage];
        moved = true;
      }
    }
    last_s = std::max(last_s, *std::max_element(free_s.begin(), free_s.end()));
  }
  last_s += step.data_s + step.optimizer_s / 0.9;
  EXPECT_NEAR(evaluate_explicit(scenario, step).seconds, last_s, 1e-6 * last_s);
}

TEST(ExplicitStep, ADrawOfNoiseHasItsMeanAndDeviation) {
  const ChipNoise noise(0.05, 7);
  double sum = 0, squares = 0;
  constexpr int kChips = 50000;
  for (int chip = 0; chip < kChips; ++chip) {
    for (const std::uint32_t word : noise.words(static_cast<std::uint64_t>(chip), 3)) {
      const double factor = noise.factor(word);
      sum += factor;
      squares += factor * factor;
    }
  }
  const double mean = sum / (4 * kChips);
  EXPECT_NEAR(mean, 1, 5e-4);
  EXPECT_NEAR(std::sqrt(squares / (4 * kChips) - mean * mean), 0.05, 5e-4);
}

TEST(ExplicitStep, TheSlowestOfAGroupIsWhatTheClosedFormExpects) {
  // The mean of the larger of two normal variables is 1/sqrt(pi), of three 3/(2 sqrt(pi)).
  const ChipNoise noise(0.001, 11);
  for (const int group : {2, 3}) {
    double sum = 0;
    constexpr int kGroups = 60000;
    for (int i = 0; i < kGroups; ++i) {
      std::uint32_t largest = 0;
      for (int j = 0; j < group; ++j) {
        largest = std::max(largest, noise.words(static_cast<std::uint64_t>(i * group + j), 0)[0]);
      }
      sum += noise.factor(largest);
    }
    const double expected = (group == 2 ? 1 : 1.5) / std::sqrt(3.14159265358979323846);
    EXPECT_NEAR((sum / kGroups - 1) / 0.001, expected, 0.015) << group;
  }
}

TEST(ExplicitStep, NoiseOnAUsualPipelineIsThatOfOneWithASlowChipOfUsualSpeed) {
  // The path that takes the largest word, against the one that goes chip by chip.
  const double largest = evaluate(kPlain, "jitter = 0.05").seconds;
  const double chip_by_chip =
      evaluate(kPlain, "jitter = 0.05\n[[faults.chip]]\nchip = 0\nspeed = 0.9999999").seconds;
  EXPECT_NEAR(largest, chip_by_chip, 1e-6 * largest);
}

TEST(ExplicitStep, StepsDifferAsTheClosedFormOfTheWorstChipSays) {
  // One stage and no exchange: a step is its worst chip's.
  std::vector<double> seconds;
  constexpr int kSteps = 2000;
  Scenario scenario = scenario_of(text_of({"hgx-h100", "zero = 1", 64, 64}, "step_jitter = 0.05"));
  const FoldedStep step = fold_step(scenario, true);
  for (int i = 0; i < kSteps; ++i) {
    scenario.faults.seed = static_cast<std::uint64_t>(i);
    seconds.push_back(evaluate_explicit(scenario, step).seconds - step.data_s);
  }
  std::sort(seconds.begin(), seconds.end());
  const double median = seconds[kSteps / 2];
  for (const double share : {0.1, 0.9, 0.95}) {
    const double seen = seconds[static_cast<std::size_t>(share * kSteps)] / median;
    EXPECT_NEAR(seen, step_quantile_over_median(0.05, 64, share), 0.006) << share;
  }
  EXPECT_GT(step_quantile_over_median(0.05, 64, 0.95), 1.02);
  EXPECT_LT(step_quantile_over_median(0.05, 1000000, 0.95),
            step_quantile_over_median(0.05, 64, 0.95));
}

TEST(ExplicitStep, MoreChipsWaitLonger) {
  const double few =
      evaluate({"hgx-h100", "tensor = 8\npipeline = 4", 256, 128}, "jitter = 0.05").slowdown();
  const double many =
      evaluate({"hgx-h100", "tensor = 8\npipeline = 4", 8192, 4096}, "jitter = 0.05").slowdown();
  EXPECT_GT(few, 1.01);
  EXPECT_GT(many, few);
}

TEST(ExplicitStep, RacksOfAnotherSpeedMakeClassesAndAShareOfChipsMakesItExplicit) {
  const Case c = {"hgx-h100", "tensor = 8\npipeline = 4", 2048, 1024};
  const ExplicitStep racks =
      evaluate(c, "[[faults.racks]]\nlevel = \"node\"\nshare = 0.25\nspeed = 0.8");
  EXPECT_EQ(racks.depth, StepDepth::folded);  // the last stage's, in every replica
  EXPECT_GT(racks.slowdown(), 1.05);
  EXPECT_EQ(evaluate(c, "slow_share = 0.2\nslow_speed = 0.9").depth, StepDepth::explicit_chips);
}

TEST(ExplicitStep, BusyExpertsHoldUpTheirGroup) {
  const Case c = kPlans[7];
  const double zipf = evaluate(c, "expert_zipf = 0.5").slowdown();
  EXPECT_GT(zipf, 1.1);
  EXPECT_GT(evaluate(c, "expert_zipf = 1").slowdown(), zipf);
}

TEST(ExplicitStep, ADegradedLinkIsFoundAndNamed) {
  const Scenario scenario =
      scenario_of(text_of({"hgx-h100", "tensor = 8\npipeline = 4", 2048, 1024},
                          "[[faults.link]]\nlevel = \"node\"\nchip = 9\nshare = 0.25"));
  const ExplicitStep made = explain_faults(scenario, fold_step(scenario, true));
  EXPECT_GT(made.slowdown(), 1.02);
  EXPECT_EQ(made.depth, StepDepth::classes);
  ASSERT_EQ(made.causes.size(), 1U);
  EXPECT_THAT(explicit_text(made), HasSubstr("exchange of the tensor group takes"));
  EXPECT_THAT(explicit_text(made), HasSubstr("link of chip 9"));
}

TEST(ExplicitStep, WrongFaultsAreSaidWithTheirPlaceAndTheWayOut) {
  const auto says = [](const std::string& faults, const std::string& message) {
    const std::string said = fault_of(kPlain, faults);
    EXPECT_THAT(said, HasSubstr(message));
    EXPECT_THAT(said, HasSubstr("scenario.toml:"));
  };
  says("jitter = -0.1", "from 0 to 1");
  says("jiter = 0.1", "did you mean \"jitter\"?");
  says("slow_share = 0.1", "come together");
  says("slow_share = 1.5\nslow_speed = 0.9", "from 0 to 1");
  says("[[faults.chip]]\nchip = 256\nspeed = 0.9", "there is no chip 256");
  says("[[faults.chip]]\nchip = 1\nspeed = 0", "from 0.01 to 100");
  says("[[faults.chip]]\nspeed = 0.9", "\"chip\" is missing");
  says("[[faults.link]]\nlevel = \"nod\"\nchip = 1", "did you mean \"node\"?");
  says("[[faults.link]]\nlevel = \"node\"\nchip = 1\nshare = 2", "from 0 to 1");
  says("[[faults.racks]]\nlevel = \"node\"\nshare = 0.5", "\"speed\" is missing");
  says("expert_zipf = 1", "no expert groups");
  const std::string few = fault_of(kPlans[7], "expert_loads = [1, 2]");
  EXPECT_THAT(few, HasSubstr("2 loads for the 32 ranks"));
  EXPECT_THAT(fault_of(kPlans[7], "expert_loads = [1, \"a\"]"), HasSubstr("list of numbers"));
  EXPECT_THAT(fault_of(kPlans[7], "expert_zipf = 1\nexpert_loads = [1]"), HasSubstr("not both"));
}

}  // namespace
}  // namespace trainyard
