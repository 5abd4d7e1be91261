// SPDX-License-Identifier: Apache-2.0
#include "fabric/system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/document.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

std::string fault_of(const std::string& text) {
  const Document document = parse_toml(text, "s.toml");
  TableReader table(document);
  try {
    read_system(table, "s");
  } catch (const Fault& fault) {
    return fault.message();
  }
  return "no fault";
}

TEST(System, EveryPresetReadsAndSaysWhereItsNumbersComeFrom) {
  ASSERT_GE(system_names().size(), 13U);
  for (const std::string& name : system_names()) {
    const System system = load_system(name);
    EXPECT_GT(system.chip.bf16_flop_per_s, 1e13) << name;
    EXPECT_EQ(system.levels.back().kind, LevelShape::network) << name;
    for (const SystemInput& input : system.inputs) {
      EXPECT_FALSE(input.provenance.source.empty()) << name << " " << input.path;
    }
  }
}

TEST(System, AnUltraServerHasTheHeadlinesOfItsMaker) {
  // aws-neuron-sdk: about-neuron/arch/neuron-hardware/trn3-arch.rst: 362.4 PFLOP/s MXFP8,
  // 20,736 GiB and 705.6 TB/s for 144 chips.
  const System system = load_system("trn3-gen2");
  EXPECT_NEAR(144 * system.chip.fp8_flop_per_s, 362.4e15, 0.1e15);
  EXPECT_NEAR(144 * system.chip.hbm_bytes / (1024.0 * 1024 * 1024), 20736, 1);
  EXPECT_NEAR(144 * system.chip.hbm_bytes_per_s, 705.6e12, 0.1e12);
  EXPECT_EQ(system.levels.back().chips, 1000080);
}

TEST(System, TheHeadlineVariantHasTheSumOfBothDirections) {
  // AWS, Trainium3 launch: 2.56 TB/s, both directions together.
  double sum = 0;
  for (const Level& level : load_system("trn3-gen2-headline").levels) {
    if (level.chips > 1 && level.kind == LevelShape::switched) sum += 2 * level.bytes_per_s;
  }
  EXPECT_DOUBLE_EQ(sum, 2.56e12);
}

TEST(System, AWhatIfOverridesOneNumberInTheUnitOfItsBase) {
  const Document document = parse_toml(
      "base = \"trn3-gen2\"\n[[level]]\nname = \"network\"\nbandwidth = 400\n", "s.toml");
  TableReader table(document);
  const System system = read_system(table, "s");
  EXPECT_DOUBLE_EQ(system.find_level("network")->bytes_per_s, 50e9);
  EXPECT_DOUBLE_EQ(system.find_level("rack")->bytes_per_s, 320e9);
}

TEST(System, EveryNumberCanBeMovedByItsPath) {
  System system = load_system("hgx-h100");
  for (const SystemInput& input : system.inputs) {
    EXPECT_NE(system_number(system, input.path), nullptr) << input.path;
  }
  EXPECT_EQ(system_number(system, "level.nowhere.bandwidth"), nullptr);
}

TEST(System, WhatIsWrongIsSaidWithItsPlace) {
  EXPECT_THAT(fault_of("base = \"trn4-gen9\""), HasSubstr("s.toml:1: base: no system is called"));
  EXPECT_THAT(fault_of("base = \"hgx-h10\""), HasSubstr("did you mean \"hgx-h100\"?"));
  EXPECT_THAT(fault_of("base = \"hgx-h100\"\n[chip]\npeek_bf16 = 3"),
              HasSubstr("did you mean \"peak_bf16\"?"));
  EXPECT_THAT(fault_of("base = \"hgx-h100\"\n[[level]]\nname = \"node\"\nbandwidth = -1"),
              HasSubstr("s.toml:4"));
  EXPECT_THAT(fault_of("base = \"hgx-h100\"\n[[level]]\nname = \"node\"\nchips = 7"),
              HasSubstr("no multiple"));
  EXPECT_THAT(fault_of("base = \"hgx-h100\"\n[power]\npue = { value = 1, unit = \"W\" }"),
              HasSubstr("is no unit of this key"));
  EXPECT_THAT(fault_of("title = \"t\"\nvendor = \"neuron\"\n[chip]\nidle = 3"),
              HasSubstr("\"peak_fp32\" is missing"));
}

}  // namespace
}  // namespace trainyard
