// SPDX-License-Identifier: Apache-2.0
// Each wrong machine file is told what is wrong, where, and what would be right.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine_file_fixture.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;
using WrongMachineFile = MachineFiles;

struct Wrong {
  std::string text;                // after `base = "trn3"` on line 1
  std::vector<std::string> parts;  // of the message
};

TEST_F(WrongMachineFile, NamesLineKeyRuleAndWayOut) {
  const std::vector<Wrong> cases = {
      {"[tensor]\nclok = 2\n", {"m.toml:3:", "unknown key \"clok\"", "tensor.clock"}},
      {"[tensr]\nclock = 2\n", {"m.toml:3:", "unknown table \"tensr\"", "did you mean tensor?"}},
      {"[core]\nbandwidth = 2\n", {"unknown key \"bandwidth\""}},
      {"[tensor]\nclock = { value = 2, unit = \"ns\" }\n",
       {"m.toml:3: tensor.clock:", "unit of time, not of frequency", "GHz"}},
      {"[tensor]\nclock = { value = 2, unit = \"Ghz\" }\n", {"unknown unit", "\"GHz\"?"}},
      {"[tensor]\nclock = -2.4\n", {"-2.4 is not above zero"}},
      {"[tensor]\nclock = 0\n", {"0 is not above zero"}},
      {"[tensor]\nclock = nan\n", {"finite number"}},
      {"[tensor]\nclock = inf\n", {"finite number"}},
      {"[tensor]\nclock = 2400000000\n", {"outside what a machine can have", "between"}},
      {"[tensor]\nclock = \"fast\"\n", {"the value is a number"}},
      {"[tensor]\nclock = [2.4]\n", {"a number, true, false or a string"}},
      {"[tensor]\nclock = { unit = \"GHz\" }\n", {"has no value"}},
      {"[tensor]\nclock = { value = 2, units = \"GHz\" }\n",
       {"\"units\"", "did you mean \"unit\""}},
      {"[tensor]\nclock = { value = 2, unit = 3 }\n", {"\"unit\" is a string"}},
      {"[tensor]\nclock = { value = 2, origin = \"guess\" }\n", {"unknown origin \"guess\""}},
      {"[dma]\nengines = 2.5\n", {"not a whole number"}},
      {"[core]\npartitions = 256\n", {"outside what a machine can have"}},
      {"[core]\npartitions = 64\n", {"as many rows and columns as there are partitions"}},
      {"[tensor]\ngate_threshold = 1.5\n", {"outside what a machine can have"}},
      {"[psum]\nbf16_accumulate = 1\n", {"true or false"}},
      {"[chip]\nprocess = 3\n", {"non-empty string"}},
      {"[tensor]\nclock = 2\nclock = 3\n", {"m.toml:4:", "not TOML"}},
      {"[tensor\n", {"m.toml:2:", "not TOML"}},
      {"[+tensor]\n", {"m.toml:2:", "not TOML"}},
      {"genera\xca\x96on = 3\n", {"m.toml:2:", "not TOML"}},
      {"title = \xc3\xa9\n", {"m.toml:2:", "not TOML"}},
      {"bass = \"trn2\"\n", {"m.toml:2:", "did you mean \"base\"?"}},
      {"title = 3\n", {"\"title\" is a string"}},
      {"generation = \"gen3\"\n", {"m.toml:2:", "the generation of its base"}},
  };
  for (const Wrong& wrong : cases) {
    const std::string message = fault_of("base = \"trn3\"\n" + wrong.text);
    for (const std::string& part : wrong.parts) EXPECT_THAT(message, HasSubstr(part)) << wrong.text;
  }
}

TEST_F(WrongMachineFile, AnEarlierGenerationHasNoLaterKey) {
  EXPECT_THAT(fault_of("base = \"trn2\"\n[energy]\nmac_mxfp4 = { value = 1, unit = \"pJ\" }\n"),
              HasSubstr("gen3 machines have no such key; it begins with gen4"));
}

TEST_F(WrongMachineFile, AKeyTheBaseLacksNeedsAUnit) {
  EXPECT_THAT(fault_of("base = \"trn3\"\n[chip]\npeak_int8 = 3\n"), HasSubstr("has no unit"));
}

TEST_F(WrongMachineFile, AnUnknownBaseNamesTheNearest) {
  EXPECT_THAT(fault_of("base = \"trn33\"\n"), HasSubstr("m.toml:1: base: no machine is called"));
  EXPECT_THAT(fault_of("base = \"trn33\"\n"), HasSubstr("did you mean \"trn3\"?"));
}

TEST_F(WrongMachineFile, ABaseThatIsItselfEnds) {
  EXPECT_THAT(fault_of("base = \"./m.toml\"\n"), HasSubstr("more than 8 machines"));
}

TEST_F(WrongMachineFile, AMachineWithoutBaseNeedsEverything) {
  EXPECT_THAT(fault_of(""), HasSubstr("names its base or its generation"));
  EXPECT_THAT(fault_of("generation = \"gen9\"\n"), HasSubstr("there are gen2, gen3 and gen4"));
  EXPECT_THAT(fault_of("generation = \"gen4\"\n"), HasSubstr("[chip] process is missing"));
  EXPECT_THAT(fault_of("generation = \"gen4\"\n[tensor]\nclock = 2.4\n"),
              HasSubstr("gives value, source and origin"));
  EXPECT_THAT(fault_of("generation = \"gen4\"\n[tensor]\nclock = { value = 2.4, unit = \"GHz\", "
                       "source = \"us\", origin = \"assumed\" }\n"),
              HasSubstr("what is assumed says why"));
}

TEST_F(WrongMachineFile, UnreadableFilesAreFaultsOfUsage) {
  EXPECT_THAT(fault_of_file((folder_ / "absent.toml").string()), HasSubstr("cannot read"));
  EXPECT_THAT(fault_of_file(folder_.string() + "/"), HasSubstr("cannot read"));
  EXPECT_THAT(fault_of(std::string((1 << 20) + 1, ' ')), HasSubstr("at most 1 MiB"));
  EXPECT_THAT(fault_of(std::string("\0\xff\xfe", 3)), HasSubstr("not TOML"));
}

}  // namespace
}  // namespace trainyard
