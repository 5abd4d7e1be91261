// SPDX-License-Identifier: Apache-2.0
// Chip and UltraServer against the table of the system model (docs/energy.md).
#include "energy/system_power.h"

#include <string>

#include <gtest/gtest.h>

#include "energy/kernel_fixture.h"
#include "energy/reference_load.h"

namespace trainyard {
namespace {

Machine machine(const std::string& name) {
  return load_machine(std::string(TRAINYARD_SOURCE_DIR) + "/machines/" + name + ".toml");
}

UltraServerPower at_reference(const std::string& name) {
  const Machine m = machine(name);
  return ultraserver_power(m, chip_power(m, kReferenceLoad).total_w()).value();
}

double tflop_per_j(const std::string& name) {
  const Machine m = machine(name);
  return static_cast<double>(m.link.ultraserver_chips) * m.chip.peak_fp8_flop_per_s /
         at_reference(name).it_w() * 1e-12;
}

TEST(UltraServer, TakesThePowerOfTheSystemModel) {
  EXPECT_NEAR(at_reference("trn2").it_w(), 42.9e3, 0.02 * 42.9e3);
  EXPECT_NEAR(at_reference("trn3-gen1").it_w(), 60e3, 0.02 * 60e3);
  EXPECT_NEAR(at_reference("trn3").it_w(), 128e3, 0.02 * 128e3);
}

TEST(UltraServer, TakesFromTheFacilityLessThanAKilowattForAChipOfTrainium2) {
  EXPECT_NEAR(at_reference("trn2").facility_w() / 64, 750, 0.02 * 750);
  EXPECT_NEAR(at_reference("trn3").facility_w() / 144, 995, 0.02 * 995);
}

TEST(UltraServer, OfTrainium3IsFortyPercentMoreEfficientInEightBits) {
  EXPECT_NEAR(tflop_per_j("trn3-gen1") / tflop_per_j("trn2"), 1.38, 0.03);
  EXPECT_NEAR(tflop_per_j("trn3") / tflop_per_j("trn2"), 1.46, 0.03);
}

TEST(UltraServer, IsNothingForTrainium1) {
  EXPECT_FALSE(ultraserver_power(machine("trn1"), 130).has_value());
}

TEST(UltraServer, SumsItsPartsAndTellsTheRegulatorsApart) {
  const UltraServerPower power = ultraserver_power(machine("trn2"), 500).value();
  const double chips = 64 * 500, cooled = chips + 4 * 1000 + 64 * 25;
  EXPECT_DOUBLE_EQ(power.chips_w, chips);
  EXPECT_NEAR(power.it_w(), cooled * 1.08 / 0.95, 1e-6);
  EXPECT_NEAR(power.regulators_w, chips / 0.88 - chips, 1e-6);
}

TEST(Chip, IsAllCoresAtOnce) {
  const KernelFixture kernel;
  const EnergyReport report = account_energy(kernel.program, kernel.timeline, kernel.machine);
  const ChipRun chip = chip_run(report, kernel.machine);
  EXPECT_EQ(chip.slowdown, 1);
  EXPECT_DOUBLE_EQ(chip.watts(), 8 * report.average_w());
  EXPECT_DOUBLE_EQ(chip.board_watts(), chip.watts() / 0.88);
}

TEST(Chip, TakesLongerWhereItsCoresWantMoreHbmThanThereIs) {
  const Machine trn2 = machine("trn2");
  // Twice a core's share for a second: 10 J standing, 1 J for the bytes.
  const double bytes = 2 * trn2.hbm.bandwidth_bytes_per_s / 8;
  const ChipRun chip = chip_run(trn2, 1, 11, 10, bytes);
  EXPECT_DOUBLE_EQ(chip.slowdown, 2);
  EXPECT_DOUBLE_EQ(chip.joules, 8 * 21);
  EXPECT_DOUBLE_EQ(chip.watts(), 8 * 10.5);
}

}  // namespace
}  // namespace trainyard
