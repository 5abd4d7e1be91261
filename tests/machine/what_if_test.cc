// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "machine/search_path.h"
#include "machine_file_fixture.h"

namespace trainyard {
namespace {

using WhatIf = MachineFiles;

TEST_F(WhatIf, APlainNumberTakesTheBasesUnitAndIsMarked) {
  const Machine machine =
      load_machine(write("fast.toml", "base = \"trn3\"\n[tensor]\nclock = 2.8\n"));
  EXPECT_EQ(machine.tensor.clock_hz, 2.8e9);
  EXPECT_EQ(machine.provenance.at("tensor.clock").origin, Origin::what_if);
  EXPECT_EQ(machine.name, "fast");
  EXPECT_EQ(machine.base, "trn3");
  EXPECT_EQ(machine.generation, Generation::gen4);
}

TEST_F(WhatIf, WhatIsNotOverriddenStaysTheBases) {
  const Machine base = load_machine("trn3");
  const Machine machine =
      load_machine(write("fast.toml", "base = \"trn3\"\n[tensor]\nclock = 2.8\n"));
  EXPECT_EQ(machine.hbm.bandwidth_bytes_per_s, base.hbm.bandwidth_bytes_per_s);
  EXPECT_EQ(machine.provenance.at("hbm.bandwidth").origin, Origin::published);
}

TEST_F(WhatIf, AnInlineTableMayUseAnotherUnitAndSourceItself) {
  const Machine machine = load_machine(
      write("m.toml",
            "base = \"trn2\"\n[dma]\ncompletion_latency = { value = 250, unit = \"ns\", "
            "source = \"my bench\", origin = \"derived\" }\n"));
  EXPECT_EQ(machine.dma.completion_latency_ns, 250);
  EXPECT_EQ(machine.provenance.at("dma.completion_latency").source, "my bench");
  EXPECT_EQ(machine.provenance.at("dma.completion_latency").origin, Origin::derived);
}

TEST_F(WhatIf, MayBeTheBaseOfAnotherByARelativePath) {
  write("one.toml", "base = \"trn2\"\n[hbm]\nbandwidth = 4\n");
  const Machine machine =
      load_machine(write("two.toml", "base = \"./one.toml\"\n[vector]\nclock = 1.5\n"));
  EXPECT_EQ(machine.hbm.bandwidth_bytes_per_s, 4e12);
  EXPECT_EQ(machine.vector.clock_hz, 1.5e9);
}

TEST_F(WhatIf, IsFoundByNameInTheFolderAProgramSets) {
  write("mine.toml", "base = \"trn1\"\n");
  set_machines_directory(folder_.string());
  const Machine machine = load_machine("mine");
  set_machines_directory("");
  EXPECT_EQ(machine.base, "trn1");
  EXPECT_THROW(load_machine("mine"), Fault);
}

TEST_F(WhatIf, IsFoundByNameInTheFolderOfTheEnvironment) {
  write("mine.toml", "base = \"trn1\"\n");
  setenv("TRAINYARD_MACHINES", folder_.c_str(), 1);
  const Machine machine = load_machine("mine");
  unsetenv("TRAINYARD_MACHINES");
  EXPECT_EQ(machine.base, "trn1");
}

}  // namespace
}  // namespace trainyard
