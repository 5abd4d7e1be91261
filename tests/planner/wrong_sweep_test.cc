// SPDX-License-Identifier: Apache-2.0
// Sweeps that cannot be: one message each, with the line and the way out.
#include <string>

#include <gmock/gmock.h>

#include "planner/run_sweep.h"
#include "planner/sweep.h"
#include "planner/sweep_fixture.h"

namespace trainyard {
namespace {

std::string message_of(const std::string& file) {
  try {
    read_sweep(file);
  } catch (const Fault& fault) {
    return fault.message();
  }
  return "no fault";
}

struct Wrong {
  const char* text;
  const char* message;
};

TEST_F(Sweeps, ThatAreWrongHaveOneMessageWithLineAndWayOut) {
  for (const Wrong& wrong : {
           Wrong{"[sweep]\n\"plan.tensor\" = [1, 2]\n",
                 "wrong.toml:1: scenario: \"scenario\" is missing (give a string)"},
           Wrong{"scenario = \"stp.toml\"\n[sweep]\n\"plan.tensor\" = [1, 2]\n",
                 "wrong.toml:1: scenario: cannot read the scenario stp.toml (check that it exists "
                 "and may be read)"},
           Wrong{"scenario = \"step.toml\"\n",
                 "wrong.toml:1: sweep: there is one point only (list values in [sweep], or seeds "
                 "in [monte_carlo])"},
           Wrong{"scenario = \"step.toml\"\n[sweep]\ntensor = [1, 2]\n",
                 "wrong.toml:3: sweep.tensor: \"tensor\" names no table of the scenario (write "
                 "keys with their tables, in quotes: \"plan.tensor\" = [4, 8])"},
           Wrong{"scenario = \"step.toml\"\n[sweep]\n\"plan.tensor\" = 4\n",
                 "wrong.toml:3: sweep.plan.tensor: this is a list of values (one fixed value "
                 "stands in the scenario)"},
           Wrong{"scenario = \"step.toml\"\n[sweep]\n\"plan.tensor\" = []\n",
                 "wrong.toml:3: sweep.plan.tensor: this is a list of values (one fixed value "
                 "stands in the scenario)"},
           Wrong{"scenario = \"step.toml\"\n[sweep]\n\"plan.tensr\" = [1, 2]\n",
                 "wrong.toml:3: plan.tensr: unknown key \"tensr\" (did you mean \"tensor\"?)"},
           Wrong{"scenario = \"step.toml\"\n[sweep]\n\"plan.tensor\" = [1, -2]\n",
                 "wrong.toml:3: plan.tensor: -2 is outside what it can be (from 1 to "
                 "1000000000000000)"},
           Wrong{"scenario = \"step.toml\"\n[sweep]\n\"training.format\" = [\"bf16\", \"fp7\"]\n",
                 "wrong.toml:3: training.format: \"fp7\" is unknown (did you mean \"fp8\"? there "
                 "are fp32, bf16, fp8, mxfp8, nvfp4)"},
           Wrong{
               "scenario = \"step.toml\"\n[sweep]\n\"system.base\" = [\"trn2-ultraserver\", "
               "\"trn9\"]\n",
               "wrong.toml:3: base: no system is called \"trn9\" (did you mean \"trn1\"? there "
               "are gb200-nvl72, gb300-nvl72, hgx-a100, hgx-b200, hgx-b300, hgx-h100, hgx-h200, "
               "hgx-h800, inf2, trn1, trn2-ultraserver, trn3-gen1, trn3-gen1-headline, trn3-gen2, "
               "trn3-gen2-headline; a file is given by a path that ends in .toml)"},
           Wrong{
               "scenario = \"step.toml\"\n[sweep]\n\"title.tensor\" = [1]\n\"plan.tensor\" = [1]\n",
               "wrong.toml:3: sweep.title.tensor: \"title\" is no table of the scenario (a key is "
               "written with its tables: \"plan.tensor\")"},
           Wrong{
               "scenario = \"step.toml\"\nevaluate = \"stop\"\n[sweep]\n\"plan.tensor\" = [1, 2]\n",
               "wrong.toml:2: evaluate: \"stop\" is unknown (did you mean \"step\"? there are "
               "step, plan, faults, goodput, serving)"},
           Wrong{
               "scenario = \"step.toml\"\nevaluate = \"serving\"\n[sweep]\n\"plan.tensor\" = [1]\n",
               "wrong.toml:2: evaluate: the scenario serves no model: it has no table [serving] "
               "(evaluate what a training run has)"},
           Wrong{
               "scenario = \"step.toml\"\nevaluate = \"goodput\"\n[sweep]\n\"plan.tensor\" = [1]\n",
               "step.toml:1: reliability: the scenario has no [reliability] (say what may fail, or "
               "evaluate = \"step\")"},
           Wrong{
               "scenario = \"step.toml\"\nevaluate = \"faults\"\n[sweep]\n\"plan.tensor\" = [1]\n",
               "step.toml:1: faults: the scenario has no [faults] (say what is not alike, or "
               "evaluate = \"step\")"},
           Wrong{"scenario = \"step.toml\"\n[monte_carlo]\nseeds = 10\n",
                 "wrong.toml:3: monte_carlo.seeds: chance moves nothing: all runs would be the "
                 "same (name inputs in [monte_carlo.spread])"},
           Wrong{"scenario = \"step.toml\"\n[monte_carlo]\nseeds = "
                 "10\n[monte_carlo.spread]\n\"system.level.netwrk.bandwidth\" = 0.1\n",
                 "wrong.toml:5: monte_carlo.spread.system.level.netwrk.bandwidth: "
                 "\"system.level.netwrk.bandwidth\" is no input that chance can move (did you mean "
                 "\"system.level.network.bandwidth\"?)"},
           Wrong{"scenario = \"step.toml\"\n[monte_carlo]\nseeds = "
                 "10\n[monte_carlo.spread]\n\"software.data_overlap\" = 5\n",
                 "wrong.toml:5: monte_carlo.spread.software.data_overlap: 5 is outside what it can "
                 "be (from 0 to 2)"},
           Wrong{"scenario = \"step.toml\"\n[swep]\n\"plan.tensor\" = [1, 2]\n",
                 "wrong.toml:2: swep: unknown key \"swep\" (did you mean \"sweep\"?)"},
           Wrong{"scenario = \"step.toml\"\n[sweep]\n\"plan.tensor\" = [1, 2\n",
                 "wrong.toml:3: not TOML: Error while parsing array: encountered end-of-file"},
           Wrong{"scenario = \"step.toml\"\n[monte_carlo]\nseeds = "
                 "100000000\n[monte_carlo.spread]\n\"software.data_overlap\" = 0.5\n",
                 "wrong.toml:1: sweep: there are more than 10000000 points (list fewer values, or "
                 "split the sweep)"},
           Wrong{"scenario = \"step.toml\"\n[monte_carlo]\nseeds = 0\n",
                 "wrong.toml:3: monte_carlo.seeds: 0 is outside what it can be (from 1 to "
                 "1000000000000000)"},
           Wrong{"scenario = \"step.toml\"\n[sweep]\n\"model.heads\" = [16, 7]\n\"model.kv_heads\" "
                 "= [8, 16]\n",
                 "step.toml:6: model.layers: 7 heads do not share 8 key-value heads evenly "
                 "(kv_heads divides heads)"},
       }) {
    write("wrong.toml", wrong.text);
    std::string message = message_of(at("wrong.toml"));
    const std::string folder = folder_ + "/";
    for (std::size_t i = message.find(folder); i != std::string::npos; i = message.find(folder)) {
      message.erase(i, folder.size());
    }
    EXPECT_EQ(message, wrong.message) << wrong.text;
  }
}

TEST_F(Sweeps, LeaveTheFileOfAnotherSweepAlone) {
  SweepOptions options;
  options.out = at("out.sqlite");
  run_sweep(read_sweep(at("sweep.toml")), options);
  write("sweep.toml", std::string(kSweep) + "# another\n");
  try {
    run_sweep(read_sweep(at("sweep.toml")), options);
    FAIL();
  } catch (const Fault& fault) {
    EXPECT_THAT(fault.message(), ::testing::HasSubstr("holds another sweep"));
    EXPECT_EQ(fault.kind(), FaultKind::usage);
  }
  write("text.sqlite", "this is no database, but a text that is long enough to be read as one");
  options.out = at("text.sqlite");
  EXPECT_THROW(run_sweep(read_sweep(at("sweep.toml")), options), Fault);
  options.out = at("nowhere/out.sqlite");
  EXPECT_THROW(run_sweep(read_sweep(at("sweep.toml")), options), Fault);
}

}  // namespace
}  // namespace trainyard
