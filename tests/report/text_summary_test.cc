// SPDX-License-Identifier: Apache-2.0
#include "report/text_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/rates.h"
#include "report/result_fixture.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TextSummary, SaysTimeWorkMemoryAndShares) {
  const KernelFixture kernel;
  const std::string text = text_summary(result_of(kernel));
  EXPECT_THAT(text, HasSubstr("small_kernel on trn2 (gen3, one NeuronCore): 10 us"));
  EXPECT_THAT(text, HasSubstr("4, 2 DMA transfers"));
  EXPECT_THAT(text, HasSubstr("16.78 MFLOP (bf16)"));
  EXPECT_THAT(text, HasSubstr("2.1 % of the core's bf16 peak (78.64 TFLOP/s)"));
  EXPECT_THAT(text, HasSubstr("131.1 kB read, 262.1 kB written"));
  EXPECT_THAT(text,
              HasSubstr("SBUF peak 3.2 of 224 KiB a partition, PSUM 2.0 of 16 KiB; no spills"));
  EXPECT_THAT(text, HasSubstr("TensorE 10.0 %"));
  EXPECT_THAT(text, HasSubstr("DMA 40.0 %"));
  EXPECT_THAT(text, Not(HasSubstr("numerics")));
}

TEST(TextSummary, ListsTheLongestWaitsWithLineReasonAndCulprit) {
  const KernelFixture kernel;
  const std::string text = text_summary(result_of(kernel));
  EXPECT_THAT(text, HasSubstr("kernel.py:12  1x  operand not ready: nc_matmul on TensorE for "
                              "dma_copy #0 at kernel.py:11"));
  EXPECT_LT(text.find("kernel.py:14"), text.find("kernel.py:13"));  // 6 us before 5.2 us
}

TEST(TextSummary, PrintsJoulesAndWattsWithTheirError) {
  const KernelFixture kernel;
  const std::string text = text_summary(result_of(kernel));
  EXPECT_THAT(text, HasSubstr("on average, peak"));
  EXPECT_THAT(text, HasSubstr("in a window of 1 us (model: absolute +-30 %, ratios +-15 %)"));
  EXPECT_THAT(text, HasSubstr("TensorE MACs"));
  EXPECT_THAT(text, HasSubstr("1/8 of the chip's 80 W and 50 W"));
  EXPECT_THAT(text, HasSubstr("chip, 8 such cores at once: "));
  EXPECT_THAT(text, HasSubstr("UltraServer of 64: "));
  EXPECT_THAT(text, Not(HasSubstr("GpSimd  ")));  // a component that took nothing
}

TEST(TextSummary, TellsFastNumericsSpillsAndUnwrittenReads) {
  KernelFixture kernel;
  kernel.timeline.placement.spills.push_back({.tensor = 1, .bytes = 2048});
  RunResult result = result_of(kernel);
  result.numerics = NumericsMode::fast;
  add_unwritten_read(result);
  const std::string text = text_summary(result);
  EXPECT_THAT(text, HasSubstr("numerics: fast"));
  EXPECT_THAT(text, HasSubstr("1 tensors spilled, 2.048 kB moved"));
  EXPECT_THAT(text, HasSubstr("kernel.py:12: nc_matmul reads 'weights' where nothing was written"));
}

TEST(TextSummary, OfAnEmptyKernelHasNoDivisionByZero) {
  KernelFixture kernel;
  kernel.program.stream.clear();
  kernel.program.tensors.clear();
  kernel.timeline = {};
  const std::string text = text_summary(result_of(kernel), true);
  EXPECT_THAT(text, Not(HasSubstr("nan")));
  EXPECT_THAT(text, Not(HasSubstr("inf")));
}

TEST(Rates, WeighEachFormatByItsOwnPeak) {
  const KernelFixture kernel("trn3");
  RunResult result = result_of(kernel);
  result.energy.counts.work_macs = {};
  result.energy.counts.work_macs[static_cast<int>(MacClass::mxfp8)] = 400'000'000;
  result.energy.counts.moving_macs[static_cast<int>(MacClass::bf16)] = 400'000'000;
  const Rates rates = rates_of(result);
  EXPECT_DOUBLE_EQ(rates.matmul_flop, 8e8);
  EXPECT_DOUBLE_EQ(rates.mfu_bf16, 4 * rates.mfu_of_formats);
  EXPECT_DOUBLE_EQ(rates.mfu_bf16, 8e8 / 10e-6 / (2.0 * 128 * 128 * 2.4e9));
}

}  // namespace
}  // namespace trainyard
