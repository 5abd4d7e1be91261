// SPDX-License-Identifier: Apache-2.0
// A scenario's step, written as traces, read back and executed, against the scenario itself.
#include "chakra/step_traces.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "chakra/trace_report.h"
#include "cluster/operator_time.h"
#include "cluster/replica_exchange.h"
#include "cluster/scenario_fixture.h"
#include "cluster/step.h"
#include "temporary_folder.h"

namespace trainyard {
namespace {

struct Case {
  const char *system, *plan;
  int chips, batch;
  double more = 0;  // of the step, that sends to a far place cost
};

constexpr Case kPlans[] = {
    {"hgx-h100", "tensor = 1\nzero = 1", 8, 64},
    {"hgx-h100", "tensor = 8\nrecompute = \"full\"", 256, 128},
    {"hgx-h100", "tensor = 8\npipeline = 4\nschedule = \"gpipe\"", 256, 128},
    {"hgx-h100", "tensor = 8\npipeline = 4\nsequence_parallel = false", 256, 128},
    // The last stage sends to the first across racks, and the scenario has all sends alike.
    {"trn3-gen2", "tensor = 8\npipeline = 4\nvirtual_stages = 2\nzero = 2", 144, 288, 0.002},
    {"hgx-h100", "tensor = 8\npipeline = 4\nvirtual_stages = 2\nzero = 0", 256, 128},
    {"trn2-ultraserver", "tensor = 4\npipeline = 8\nschedule = \"zero-bubble\"", 256, 512},
    {"gb200-nvl72", "tensor = 4\npipeline = 4\nschedule = \"dualpipe\"", 144, 144},
    {"trn1", "tensor = 8\npipeline = 4\nzero = 3", 64, 64},
    {"trn3-gen2", "tensor = 4\npipeline = 4\nexpert = 16\nrecompute = \"full\"", 128, 256},
    {"hgx-h800", "tensor = 2\npipeline = 4\nexpert = 32\nschedule = \"dualpipe\"", 256, 512},
    {"trn3-gen2", "tensor = 4\nexpert = 64\nzero = 3", 64, 256},
    {"hgx-h100", "tensor = 8\ncontext = 2\npipeline = 2", 128, 64},
    {"hgx-h100",
     "tensor = 8\npipeline = 4\nschedule = \"zero-bubble\"\n[adapters]\nrank = 16\non = \"all\"",
     256, 512},
    {"hgx-h100", "tensor = 4\n[adapters]\nrank = 64", 64, 128},
};
constexpr const char* kProfiles[] = {"megatron-core", "neuronx-distributed", "hai-llm",
                                     "pytorch-fsdp"};

std::string text_of(const Case& c, const std::string& software) {
  return fmt::format(
      "[system]\nbase = \"{}\"\nchips = {}\n[model]\nlayers = 32\nhidden = 4096\nheads = 32\n"
      "kv_heads = 8\nffn = 14336\nvocab = 32000\n{}[training]\nsequence = 4096\nglobal_batch = {}\n"
      "[plan]\n{}\n[software]\n{}\n",
      c.system, c.chips,
      std::string(c.plan).find("expert") != std::string::npos
          ? "experts = 64\ntop_k = 4\nexpert_ffn = 2048\n"
          : "",
      c.batch, c.plan, software);
}

class RoundTrip {
 public:
  RoundTrip(const Case& c, const std::string& software)
      : scenario(scenario_of(text_of(c, software))) {
    write_step_traces(scenario, folder_.at("step"));
    const Plan& plan = scenario.plan;
    asked = read_trace_scenario(parse_toml(
        fmt::format("[system]\nbase = \"{}\"\nchips = {}\n[workload]\nchakra = \"step\"\n"
                    "groups = \"step.groups.json\"\nrepresents = {}\n[software]\n{}\n",
                    c.system, c.chips, plan.ranks() / plan.pipeline, software),
        folder_.at("back.toml")));
    report = replay_traces(asked);
    step = evaluate_step(scenario);
  }

  const Scenario scenario;
  TraceScenario asked;
  TraceReport report;
  StepReport step;

 private:
  const TemporaryFolder folder_;
};

// Gradients and the optimiser: in the trace each stage has its own, in the scenario all have the
// largest of each.
double spread_of_ends(const Scenario& scenario) {
  const FoldedStep step = fold_step(scenario);
  const OperatorTimes times(scenario.system, scenario.software, scenario.training.format);
  double least_s = 1e30;
  for (std::size_t rank = 0; rank < step.schedule.sequences.size(); ++rank) {
    const ReplicaExchange one = replica_exchange(scenario, step, rank);
    least_s = std::min(least_s, one.seconds - one.hidden_s + times.memory_s(one.optimizer_bytes));
  }
  return step.data_s + step.optimizer_s - least_s;
}

TEST(StepTraces, ReadBackTheyTakeAsLongAsTheScenario) {
  for (const Case& c : kPlans) {
    SCOPED_TRACE(text_of(c, ""));
    const RoundTrip trip(c, "");
    const double wanted = trip.step.seconds;
    EXPECT_GE(trip.report.apart_s, wanted * (1 - 1e-5) - spread_of_ends(trip.scenario));
    EXPECT_NEAR(trip.report.apart_s, wanted, (c.more > 0 ? c.more : 1e-5) * wanted);
  }
}

template <class Check>
void for_plans_and_profiles(Check check) {
  for (const Case& c : kPlans) {
    for (const char* const profile : kProfiles) {
      const std::string software = fmt::format("profile = \"{}\"", profile);
      SCOPED_TRACE(text_of(c, software));
      check(RoundTrip(c, software));
    }
  }
}

TEST(StepTraces, WithWhatAProfileHidesTheyTakeAsLongToTwoPercent) {
  // A trace of one step has no room for what the scenario hides beside the next step's first pass,
  // and gradients begin after a whole kernel.
  for_plans_and_profiles([](const RoundTrip& trip) {
    EXPECT_GE(trip.report.apart_s, trip.step.seconds * (1 - 1e-3));
    EXPECT_LE(trip.report.apart_s, trip.step.seconds * 1.02);
  });
}

TEST(StepTraces, HiddenExchangesAloneKeepTheStepExactly) {
  for (const Case& c : kPlans) {
    const std::string software = "exchange_overlap = 0.4\nkernel_launch_us = 9";
    SCOPED_TRACE(text_of(c, software));
    const RoundTrip trip(c, software);
    EXPECT_NEAR(trip.report.apart_s, trip.step.seconds,
                (c.more > 0 ? c.more : 1e-5) * trip.step.seconds);
  }
}

TEST(StepTraces, ExchangesThatShareLinksMakeTheStepLittleLonger) {
  int longer = 0;
  for_plans_and_profiles([&](const RoundTrip& trip) {
    EXPECT_GE(trip.report.seconds, trip.report.apart_s * (1 - 1e-9));
    EXPECT_LE(trip.report.seconds, trip.report.apart_s * 1.02);
    longer += trip.report.seconds > trip.report.apart_s * 1.0001 ? 1 : 0;
  });
  EXPECT_GT(longer, 0);
}

TEST(StepTraces, EveryOperationOfTheStepIsInThem) {
  for (const Case& c : kPlans) {
    SCOPED_TRACE(text_of(c, "exchange_overlap = 0.3"));
    const RoundTrip trip(c, "exchange_overlap = 0.3");
    double flop = 0;
    for (const ExecutionTrace& trace : step_traces(trip.scenario).traces) {
      for (const TraceNode& node : trace.nodes) flop += node.operations;
    }
    const Plan& plan = trip.scenario.plan;
    flop *= static_cast<double>(plan.ranks() / plan.pipeline);
    // The loss is made once, though the scenario counts the head's recomputing.
    const double head = plan.recompute == Recompute::full ? 0.02 : 1e-9;
    EXPECT_NEAR(flop, trip.step.hardware_flop, head * trip.step.hardware_flop);
  }
}

TEST(StepTraces, OnAFasterSystemTheRooflineMakesThemFaster) {
  const RoundTrip trip(kPlans[3], "");
  TraceScenario other = trip.asked;
  other.compute = TraceCompute::roofline;
  const double here = replay_traces(other).seconds;
  EXPECT_NEAR(here, trip.step.seconds, 0.2 * trip.step.seconds);  // shapes are not in a trace
  other.system = load_system("hgx-b200");
  EXPECT_LT(replay_traces(other).seconds, 0.7 * here);
}

TEST(StepTraces, EachStageHasItsFileAndEachGroupItsRanks) {
  const TemporaryFolder folder;
  const Scenario scenario = scenario_of(text_of(kPlans[2], ""));
  write_step_traces(scenario, folder.at("step"));
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    files.insert(entry.path().filename());
  }
  EXPECT_EQ(files, (std::set<std::string>{"step.0.et", "step.64.et", "step.128.et", "step.192.et",
                                          "step.groups.json"}));
  const Document groups = read_document(folder.at("step.groups.json"));
  ASSERT_EQ(groups.root.members.size(), 8u);  // tensor and replicas of each stage
  EXPECT_EQ(groups.root.members[0].second.items.size(), 8u);
}

TEST(StepTraces, WhatCannotBeWrittenOrIsTooLongIsTold) {
  const Scenario scenario = scenario_of(text_of(kPlans[2], ""));
  EXPECT_THROW(write_step_traces(scenario, "/no/folder/step"), Fault);
  const Case long_step = {"hgx-h100", "tensor = 8\npipeline = 4", 256, 8 * 200'000};
  try {
    step_traces(scenario_of(text_of(long_step, "")));
    ADD_FAILURE();
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::limit);
    EXPECT_TRUE(fault.place().known());
  }
}

}  // namespace
}  // namespace trainyard
