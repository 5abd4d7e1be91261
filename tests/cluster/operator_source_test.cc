// SPDX-License-Identifier: Apache-2.0
#include "cluster/operator_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/operator_list.h"
#include "cluster/operator_time.h"
#include "cluster/scenario_fixture.h"
#include "cluster/step.h"
#include "kernels/core_times.h"
#include "temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

// Two layers of Llama's shape on one Trn2 instance.
const char* const kTrn2 = R"(title = "Llama-like"
[system]
base = "trn2-ultraserver"
chips = 16
[model]
layers = 2
hidden = 4096
heads = 32
kv_heads = 8
ffn = 14336
vocab = 32768
[training]
sequence = 2048
global_batch = 32
[plan]
tensor = 4
)";

class OperatorSource : public ::testing::Test {
 protected:
  Scenario with_table(const std::string& csv, const std::string& more = "") const {
    own_.write("times.csv", csv);
    const std::string file = own_.at("scenario.toml");
    return read_scenario(
        parse_toml(std::string(kTrn2) + "[operators]\ntable = \"times.csv\"\n" + more, file));
  }
  std::string fault_of(const std::string& csv) const {
    try {
      with_table(csv);
    } catch (const Fault& fault) {
      return fault.message();
    }
    return "no fault";
  }

  TemporaryFolder own_;
};

TEST_F(OperatorSource, IsTheRooflineWhereNothingElseIsSaid) {
  const StepReport step = evaluate_step(scenario_of(kTrn2));
  EXPECT_EQ(step.operators[TimeSource::table], 0);
  EXPECT_EQ(step.operators[TimeSource::core], 0);
  const StepShares& shares = step.shares;
  EXPECT_NEAR(step.operators[TimeSource::roofline],
              shares.matmul_s + shares.attention_s + shares.elementwise_s + shares.recompute_s +
                  shares.optimizer_s,
              1e-12);
}

TEST_F(OperatorSource, TakesExactShapesFromATableAndTheRestFromTheRoofline) {
  const Scenario plain = scenario_of(kTrn2);
  // The first product of a layer, forward: the query, key and value of a rank.
  const Scenario scenario = with_table(
      "# measured\nkind,m,n,k,dtype,time_us\nmatmul,2048,1536,4096,bf16,1000\n"
      "matmul,2048,1537,4096,bf16,1\n");
  const StepReport before = evaluate_step(plain), after = evaluate_step(scenario);
  const double times = 2.0 * static_cast<double>(scenario.micro_batches());  // layers
  EXPECT_NEAR(after.operators[TimeSource::table], times * 1e-3, 1e-12);
  const Operator query =
      layer_work(plain.model, plain.training, plain.plan, LayerKind::dense).operators[1];
  const OperatorTimes roofline(plain.system, plain.software, plain.training.format);
  EXPECT_NEAR(after.seconds - before.seconds, times * (1e-3 - roofline.forward_s(query)), 1e-9);
}

TEST_F(OperatorSource, ReadsTheTableThatItWrites) {
  const Scenario plain = scenario_of(kTrn2);
  const Scenario again = with_table(operators_csv(list_operators(plain)));
  const StepReport before = evaluate_step(plain), after = evaluate_step(again);
  EXPECT_NEAR(after.seconds, before.seconds, 1e-9 * before.seconds);
  EXPECT_EQ(after.operators[TimeSource::roofline], after.shares.optimizer_s);
}

TEST_F(OperatorSource, RunsKernelsOnTheCoreOfATrainium) {
  const Scenario scenario = scenario_of(std::string(kTrn2) + "[operators]\nsource = \"core\"\n");
  const StepReport step = evaluate_step(scenario);
  EXPECT_GT(step.operators[TimeSource::core], 0.5 * step.operators.total());
  // What no kernel is written for.
  EXPECT_NEAR(step.operators[TimeSource::roofline],
              step.shares.attention_s + step.shares.optimizer_s, 1e-9);
  // A product takes what its kernel takes by itself, on one of the rank's two cores.
  const OperatorTimes times(scenario.system, scenario.software, scenario.training.format,
                            &scenario.operators);
  const Operator query =
      layer_work(scenario.model, scenario.training, scenario.plan, LayerKind::dense).operators[1];
  ASSERT_EQ(query.n, 1536);
  const CoreTimes core(load_machine("trn2"), 2);
  EXPECT_EQ(times.forward_s(query),
            product_seconds({Format::bf16, 1024, 1536, 4096}, core.machine()));
  const StepReport roofline = evaluate_step(scenario_of(kTrn2));
  EXPECT_NEAR(step.shares.matmul_s, roofline.shares.matmul_s, 0.15 * roofline.shares.matmul_s);
}

// What a scenario changes of the chip reaches the kernels.
TEST_F(OperatorSource, RunsKernelsOnTheChipAsTheScenarioHasIt) {
  const auto times_of = [](const std::string& chip) {
    const std::string text = with(kTrn2, "[model]", "[system.chip]\n" + chip + "[model]");
    const Scenario scenario = scenario_of(text + "[operators]\nsource = \"core\"\n");
    OperatorShape product, stream;
    product.m = product.n = product.k = 4096;
    stream.kind = OperatorKind::elementwise;
    stream.bytes = 1e9;
    return std::pair(scenario.operators.find(product, 1)->total(),
                     scenario.operators.find(stream, 1)->total());
  };
  const auto [product_s, stream_s] = times_of("");
  const auto [half_s, same_s] = times_of(
      "peak_fp32 = { value = 90.5, unit = \"TFLOP/s\" }\n"
      "peak_bf16 = { value = 333.5, unit = \"TFLOP/s\" }\n"
      "peak_fp8 = { value = 649.5, unit = \"TFLOP/s\" }\n");
  EXPECT_NEAR(half_s, 2 * product_s, 0.2 * product_s);
  EXPECT_EQ(same_s, stream_s);
  const auto [fed_s, slow_s] = times_of("hbm_bandwidth = { value = 0.725, unit = \"TB/s\" }\n");
  EXPECT_GE(fed_s, product_s);
  EXPECT_GT(slow_s, 2 * stream_s);
  try {
    times_of("peak_bf16 = { value = 1334, unit = \"TFLOP/s\" }\n");
    FAIL();
  } catch (const Fault& fault) {
    EXPECT_THAT(fault.message(), HasSubstr("one clock"));
  }
}

TEST_F(OperatorSource, AsksTheTableBeforeTheCore) {
  const StepReport step = evaluate_step(with_table(
      "kind,m,n,k,dtype,time_us\nmatmul,2048,1536,4096,bf16,1000\n", "source = \"core\"\n"));
  EXPECT_GT(step.operators[TimeSource::table], 0);
  EXPECT_GT(step.operators[TimeSource::core], 0);
}

TEST_F(OperatorSource, IsNoCoreWhereTheSystemHasNone) {
  try {
    scenario_of(std::string(kLlama) + "[operators]\nsource = \"core\"\n");
    FAIL();
  } catch (const Fault& fault) {
    EXPECT_THAT(fault.message(), HasSubstr("scenario.toml:20: operators.source"));
    EXPECT_THAT(fault.message(), HasSubstr("no virtual core"));
  }
}

TEST_F(OperatorSource, SaysWhichRowIsWrong) {
  const std::string names = "kind,m,n,k,dtype,time_us\n";
  EXPECT_THAT(fault_of(names + "matmul,1,2,3,bf16,-1\n"), HasSubstr("times.csv:2: row[0].time_us"));
  EXPECT_THAT(fault_of(names + "matmul,1,2,,bf16,1\n"), HasSubstr("\"k\" is missing"));
  EXPECT_THAT(fault_of(names + "matmul,1,2,3,bf17,1\n"), HasSubstr("did you mean \"bf16\"?"));
  EXPECT_THAT(fault_of(names + "matmul,1,2,3,bf16\n"), HasSubstr("5 cells under 6 names"));
  EXPECT_THAT(fault_of(names + "matmul,1,2,3,bf16,nan\n"), HasSubstr("the value is a number"));
  EXPECT_THAT(fault_of(names + "\nmatmul,1,2,3,bf16,1\nmatmul,1,2,3,bf16,2\n"),
              HasSubstr("times.csv:4: row[1]: line 3 has this shape already"));
  EXPECT_THAT(fault_of("kind,m,n,k,dtype,time_ms\nmatmul,1,2,3,bf16,1\n"), HasSubstr("time_us"));
  EXPECT_THAT(fault_of("kind,kind\n"), HasSubstr("every column has a name, once"));
  EXPECT_THAT(fault_of("# nothing\n"), HasSubstr("begins with a line of names"));
}

}  // namespace
}  // namespace trainyard
