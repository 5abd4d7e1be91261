// SPDX-License-Identifier: Apache-2.0
#include "isa/reference.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isa/describe.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

std::vector<Machine> generations() {
  std::vector<Machine> machines;
  for (const char* name : {"trn1", "trn2", "trn3"}) {
    machines.push_back(
        load_machine(std::string(TRAINYARD_SOURCE_DIR "/machines/") + name + ".toml"));
  }
  return machines;
}

const Entry& named(const char* name) {
  return *find_instruction(name);
}

TEST(InstructionsPage, IsWhatTheTableSays) {
  std::ifstream page(TRAINYARD_SOURCE_DIR "/docs/instructions.md");
  std::stringstream text;
  text << page.rdbuf();
  EXPECT_EQ(text.str(), instructions_markdown(generations()))
      << "refresh it: trainyard isa page > docs/instructions.md";
}

TEST(InstructionText, HasTheSignatureWithDefaultsInOrder) {
  EXPECT_EQ(signature_text(named("iota")),
            "iota(dst, pattern, offset=0, channel_multiplier=0, name=None)");
  EXPECT_EQ(signature_text(named("activation")),
            "activation(dst, op, data, bias=None, scale=1, reduce_op=bypass, reduce_res=None, "
            "reduce_cmd=idle, name=None)");
  EXPECT_EQ(signature_text(named("memset")), "memset(dst, value, engine=unknown, name=None)");
  EXPECT_EQ(signature_text(named("register_move")), "register_move(dst, src)");
}

TEST(InstructionText, SaysWhereAnOperandMayLieAndInWhichDtypes) {
  const ParameterText moving = describe_parameters(named("nc_matmul"))[2];
  EXPECT_EQ(moving.name, "moving");
  EXPECT_EQ(moving.spaces, "SBUF");
  EXPECT_EQ(moving.standard, "");
  const ParameterText bias = describe_parameters(named("activation"))[3];
  EXPECT_EQ(bias.kind, "number or (P, 1) tile");
  EXPECT_EQ(bias.standard, "None");
  EXPECT_EQ(describe_parameters(named("local_gather"))[2].dtypes, "uint16");
  EXPECT_EQ(describe_parameters(named("tensor_tensor"))[1].kind, "tile, .indirect() too");
  EXPECT_EQ(describe_parameters(named("tensor_tensor"))[2].kind, "tile");
}

TEST(InstructionText, NamesTheEnginesOfEachGeneration) {
  const std::vector<Machine> machines = generations();
  EXPECT_EQ(engines_text(named("activation"), machines), "scalar");
  EXPECT_EQ(engines_text(named("tensor_copy"), machines),
            "from gen2: gpsimd, vector; from gen3: scalar, gpsimd, vector "
            "(operands narrow the choice)");
  EXPECT_EQ(engines_text(named("nc_transpose"), machines),
            "tensor, vector (operands narrow the choice)");
  for (const Entry& entry : instruction_table()) {
    EXPECT_NE(engines_text(entry, machines), "") << entry.info.name;
  }
}

TEST(InstructionText, NamesTheEnergyThatAnEntrySpends) {
  const Machine machine = generations().back();
  EXPECT_EQ(energy_text(named("tensor_tensor"), machine),
            "gpsimd_op, vector_op, sbuf, psum, dispatch");
  EXPECT_EQ(energy_text(named("nc_matmul"), machine), "mac_*, weight_load, sbuf, psum, dispatch");
  EXPECT_EQ(energy_text(named("dma_copy"), machine), "network, sbuf, hbm, dispatch");
  EXPECT_EQ(energy_text(named("register_move"), machine), "dispatch");
}

TEST(InstructionText, ShowsOneEntryWhole) {
  const std::string text = instruction_text(named("activation"), generations());
  EXPECT_THAT(text, HasSubstr("bias        number or (P, 1) tile"));
  EXPECT_THAT(text, HasSubstr("cost        max(MIN_II, N)"));
  EXPECT_THAT(text, HasSubstr("energy      scalar_op, sbuf, psum, dispatch"));
  EXPECT_THAT(text, HasSubstr("since       gen2"));
  EXPECT_THAT(text, HasSubstr("differs     reduce_res with reduce_cmd=idle"));
  EXPECT_THAT(text, HasSubstr("\nreduce command: idle, reset, reduce"));
}

}  // namespace
}  // namespace trainyard
