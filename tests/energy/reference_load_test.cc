// SPDX-License-Identifier: Apache-2.0
// The chip's power against what is published, and against the calibration table of the model.
#include "energy/reference_load.h"

#include <string>

#include <gtest/gtest.h>

namespace trainyard {
namespace {

Machine machine(const std::string& name) {
  return load_machine(std::string(TRAINYARD_SOURCE_DIR) + "/machines/" + name + ".toml");
}

double watts(const std::string& name, const Utilisation& load) {
  return chip_power(machine(name), load).total_w();
}

double headline(const std::string& name, const std::string& key) {
  for (const Headline& row : energy_headlines(machine(name))) {
    if (row.key == key) return row.value;
  }
  ADD_FAILURE() << name << " has no headline " << key;
  return 0;
}

constexpr double kTolerance = 0.03;

TEST(ReferenceLoad, TakesAbout500WattsOnTrainium2And685OnTrainium3) {
  EXPECT_NEAR(watts("trn2", kReferenceLoad), 502, 502 * kTolerance);
  EXPECT_NEAR(watts("trn3", kReferenceLoad), 685, 685 * kTolerance);
}

TEST(ReferenceLoad, MakesTrainium3FortyPercentMoreEfficientThanTrainium2) {
  const double ratio = headline("trn3", "chip_reference_tflop_per_j") /
                       headline("trn2", "chip_reference_tflop_per_j");
  EXPECT_GE(ratio, 1.395);
  EXPECT_LE(ratio, 1.425);
  EXPECT_NEAR(headline("trn2", "chip_reference_pj_per_flop"), 0.430, 0.430 * kTolerance);
  EXPECT_NEAR(headline("trn3", "chip_reference_pj_per_flop"), 0.302, 0.302 * kTolerance);
}

TEST(ReferenceLoad, LeavesAnIdleChipItsStandingPower) {
  EXPECT_DOUBLE_EQ(watts("trn1", {}), 45);
  EXPECT_DOUBLE_EQ(watts("trn2", {}), 80);
  EXPECT_DOUBLE_EQ(watts("trn3", {}), 105);
}

TEST(ReferenceLoad, ExplainsTheKilowattOfAFullyLoadedTrainium3Board) {
  const Utilisation full{1, 1, 1, 1, 1, 1};
  EXPECT_NEAR(watts("trn2", full), 630, 630 * kTolerance);
  EXPECT_NEAR(watts("trn3", full), 851, 851 * kTolerance);
  EXPECT_NEAR(watts("trn3", full) / machine("trn3").energy.regulator_efficiency, 967,
              967 * kTolerance);
}

TEST(ReferenceLoad, SplitsIntoThePartsOfTheCalibrationTable) {
  const ChipPower trn2 = chip_power(machine("trn2"), kReferenceLoad);
  EXPECT_NEAR(trn2.tensor_w, 205, 1);
  EXPECT_NEAR(trn2.sbuf_feed_w, 7, 1);
  EXPECT_NEAR(trn2.psum_w, 18, 1);
  EXPECT_NEAR(trn2.vector_w, 11, 1);
  EXPECT_NEAR(trn2.scalar_w, 12, 1);
  EXPECT_NEAR(trn2.gpsimd_w, 5, 1);
  EXPECT_NEAR(trn2.hbm_w, 81, 1.5);
  EXPECT_NEAR(trn2.network_w, 19, 1.5);
  EXPECT_NEAR(trn2.link_w, 15, 1);
}

}  // namespace
}  // namespace trainyard
