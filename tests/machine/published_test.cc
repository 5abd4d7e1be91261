// SPDX-License-Identifier: Apache-2.0
// The machines of machines/ against what their makers published.
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/fields.h"
#include "machine/headline.h"
#include "machine/machine.h"
#include "machine/search_path.h"

namespace trainyard {
namespace {

double headline(const std::string& machine, const std::string& key) {
  for (const Headline& row : headlines(load_machine(machine))) {
    if (row.key == key) return row.value;
  }
  ADD_FAILURE() << machine << " has no headline " << key;
  return 0;
}

TEST(PublishedMachines, AreFoundByName) {
  EXPECT_THAT(machine_names(), ::testing::IsSupersetOf({"trn1", "trn2", "trn3"}));
}

TEST(PublishedMachines, Trainium2CoreReaches78Point6TeraflopsInBf16) {
  EXPECT_DOUBLE_EQ(headline("trn2", "core_bf16_tflop_per_s"), 128 * 128 * 2 * 2.4e9 / 1e12);
  EXPECT_NEAR(headline("trn2", "core_bf16_tflop_per_s"), 79, 0.5);
  EXPECT_NEAR(headline("trn2", "core_fp8_tflop_per_s"), 158, 1);
  EXPECT_NEAR(headline("trn2", "core_fp32_tflop_per_s"), 20, 0.5);
}

TEST(PublishedMachines, Trainium3CoreReaches315TeraflopsInMx) {
  EXPECT_NEAR(headline("trn3", "core_mx_tflop_per_s"), 315, 1);
  EXPECT_NEAR(headline("trn3", "core_bf16_tflop_per_s"), 79, 0.5);
}

TEST(PublishedMachines, Trainium1CoreReaches92TeraflopsInBf16) {
  EXPECT_NEAR(headline("trn1", "core_bf16_tflop_per_s"), 92, 0.5);
}

TEST(PublishedMachines, HaveThePublishedMemories) {
  const double sbuf_mib[] = {24, 28, 32}, hbm_gib[] = {32, 96, 144};
  const double hbm_tb_per_s[] = {0.82, 2.9, 4.9};
  for (int i = 0; i < 3; ++i) {
    const std::string name = "trn" + std::to_string(i + 1);
    EXPECT_DOUBLE_EQ(headline(name, "core_sbuf_mib"), sbuf_mib[i]) << name;
    EXPECT_DOUBLE_EQ(headline(name, "core_psum_mib"), 2) << name;
    EXPECT_DOUBLE_EQ(headline(name, "chip_hbm_gib"), hbm_gib[i]) << name;
    EXPECT_NEAR(headline(name, "chip_hbm_tb_per_s"), hbm_tb_per_s[i], 0.031) << name;
  }
}

TEST(PublishedMachines, UltraServersCompareAsAwsSays) {
  EXPECT_NEAR(headline("trn3", "ultraserver_fp8_pflop_per_s") /
                  headline("trn2", "ultraserver_fp8_pflop_per_s"),
              4.4, 0.05);
  EXPECT_NEAR(
      headline("trn3", "ultraserver_hbm_tb_per_s") / headline("trn2", "ultraserver_hbm_tb_per_s"),
      3.9, 0.1);
}

TEST(PublishedMachines, TheClockGateGridIs6827Nanoseconds) {
  EXPECT_NEAR(load_machine("trn2").tensor.gate_window_ns(), 6827, 1);
}

TEST(PublishedMachines, UnitsAreConvertedWithoutRoundingNoise) {
  const Machine trn1 = load_machine("trn1");
  EXPECT_EQ(trn1.vector.clock_hz, 1120000000.0);
  EXPECT_EQ(trn1.tensor.clock_hz, 2800000000.0);
  const Machine trn2 = load_machine("trn2");
  EXPECT_EQ(trn2.dma.hwdge_trigger_latency_ns, 1340);
  EXPECT_EQ(trn2.dma.completion_latency_ns, 370);
  EXPECT_EQ(trn2.dma.engine_bandwidth_bytes_per_s, 27.2e9);
  EXPECT_EQ(trn2.sbuf.partition_size_bytes, 224 * 1024);
}

TEST(PublishedMachines, SayOfEveryNumberWhereItComesFrom) {
  for (const char* name : {"trn1", "trn2", "trn3"}) {
    const Machine machine = load_machine(name);
    for (const Field& field : machine_fields()) {
      if (field.may_be_absent || field.since_generation > machine.generation) continue;
      ASSERT_EQ(machine.provenance.count(field.path()), 1u) << name << " " << field.path();
      const Provenance& provenance = machine.provenance.at(field.path());
      EXPECT_FALSE(provenance.source.empty()) << name << " " << field.path();
      EXPECT_EQ(provenance.origin == Origin::assumed, !provenance.why.empty()) << field.path();
    }
  }
}

TEST(FieldList, HasNoKeyTwice) {
  std::set<std::string> paths;
  for (const Field& field : machine_fields()) {
    EXPECT_TRUE(paths.insert(field.path()).second) << field.path();
  }
}

// Two rows that share a member would let one key silently overwrite another.
TEST(FieldList, HasNoMemberTwice) {
  Machine machine;
  std::set<const void*> members;
  for (const Field& field : machine_fields()) {
    const void* member =
        std::visit([](auto* at) -> const void* { return at; }, field.member(machine));
    EXPECT_TRUE(members.insert(member).second) << field.path();
  }
}

}  // namespace
}  // namespace trainyard
