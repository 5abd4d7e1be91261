// SPDX-License-Identifier: Apache-2.0
// The claims, read from kernels on both machines.
#include "claims/claims.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "claims/claims_view.h"
#include "claims/kernels.h"

namespace trainyard {
namespace {

class Claims : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    base_ = new MeasuredMachine(measure("trn2"));
    next_ = new MeasuredMachine(measure("trn3"));
    claims_ = new std::vector<Claim>(claims_of(*base_, *next_));
  }
  static void TearDownTestSuite() {
    delete base_;
    delete next_;
    delete claims_;
  }

  static const Claim& claim(const std::string& key) {
    for (const Claim& one : *claims_) {
      if (one.key == key) return one;
    }
    throw Fault(FaultKind::internal, "no claim " + key);
  }
  static const Reading& reading(const std::string& of, const std::string& key) {
    for (const Reading& one : claim(of).readings) {
      if (one.key == key) return one;
    }
    throw Fault(FaultKind::internal, "no reading " + key);
  }

  static inline MeasuredMachine* base_ = nullptr;
  static inline MeasuredMachine* next_ = nullptr;
  static inline std::vector<Claim>* claims_ = nullptr;
};

TEST_F(Claims, FortyPercentBetterEfficiencyHoldsAtTheReferenceLoad) {
  const Reading& chip = reading("efficiency", "reference_chip");
  EXPECT_NEAR(chip.ratio(), 1.4, 0.1);
  EXPECT_EQ(chip.verdict, Verdict::holds);
  EXPECT_NEAR(reading("efficiency", "reference_ultraserver").ratio(), 1.46, 0.1);
  // In bf16 there is little to gain.
  EXPECT_EQ(reading("efficiency", "gemm_bf16").verdict, Verdict::does_not_hold);
}

TEST_F(Claims, FourPointFourTimesTheComputeHoldsInEightBits) {
  EXPECT_NEAR(reading("compute", "chip_pages").ratio(), 4.36, 0.01);
  EXPECT_NEAR(reading("compute", "gemm_8bit").ratio(), 4.4, 0.3);
  EXPECT_NEAR(reading("compute", "gemm_bf16").ratio(), 144.0 / 64, 0.1);
  EXPECT_EQ(reading("compute", "gemm_bf16").verdict, Verdict::does_not_hold);
}

TEST_F(Claims, FourTimesTheMemoryIsThreePointFour) {
  const Claim& memory = claim("memory");
  EXPECT_NEAR(memory.readings.at(0).ratio(), 3.375, 1e-9);
  EXPECT_EQ(memory.holding(), 0);
}

TEST_F(Claims, FourTimesTheEfficiencyOfAnUltraServerNeedsFourBitWeights) {
  EXPECT_EQ(reading("ultraserver_efficiency", "reference").verdict, Verdict::does_not_hold);
  EXPECT_EQ(reading("ultraserver_efficiency", "decode_4bit_bf16").verdict, Verdict::holds);
}

TEST_F(Claims, OfWholeModelsAreSaidToBeNotModelled) {
  EXPECT_FALSE(claim("gpt_oss").modelled);
  for (const Reading& one : claim("gpt_oss").readings) {
    EXPECT_EQ(one.verdict, Verdict::not_modelled);
  }
}

TEST_F(Claims, AreTheSameEachTime) {
  const MeasuredMachine again = measure("trn2");
  EXPECT_EQ(claims_json(again, *next_, claims_of(again, *next_)),
            claims_json(*base_, *next_, *claims_));
}

TEST(ClaimKernels, NeverBeatTheArrayOrTheMemory) {
  for (const char* name : {"trn2", "trn3"}) {
    const MeasuredMachine measured = measure(name);
    const Machine& machine = measured.machine;
    const double array =
        2.0 * 128 * 128 * machine.tensor.clock_hz * static_cast<double>(machine.chip.cores);
    EXPECT_LE(measured["gemm_bf16"].chip_rate, array * 1.0001) << name;
    EXPECT_GT(measured["gemm_bf16"].chip_rate, array * 0.8) << name;
    EXPECT_LE(measured["stream"].chip_rate, machine.hbm.bandwidth_bytes_per_s * 1.0001) << name;
    EXPECT_GT(measured["stream"].chip_rate, machine.hbm.bandwidth_bytes_per_s * 0.8) << name;
  }
}

TEST(ClaimKernels, MoveAWeightOfADecodedLayerOnce) {
  const Machine trn2 = load_machine("trn2");
  const SteadyRun run = run_decode(trn2, Format::fp8);
  EXPECT_EQ(run.hbm_bytes * kDecodeTokens, run.macs);
}

}  // namespace
}  // namespace trainyard
