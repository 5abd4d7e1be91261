// SPDX-License-Identifier: Apache-2.0
// A hand-made timeline whose events can be counted on paper.
#include "energy/energy_report.h"

#include <numeric>

#include <gtest/gtest.h>

#include "energy/kernel_fixture.h"

namespace trainyard {
namespace {

EnergyReport account(const KernelFixture& kernel) {
  return account_energy(kernel.program, kernel.timeline, kernel.machine);
}

double pj(const EnergyReport& report, Component component) {
  return static_cast<double>(report[component].fj) * 1e-3;
}

TEST(EnergyOfAKernel, CountsEveryEventByItsConstant) {
  const KernelFixture kernel;
  const Energy& energy = kernel.machine.energy;
  const EnergyReport report = account(kernel);
  const auto in = static_cast<double>(KernelFixture::kInBytes);
  const auto out = static_cast<double>(KernelFixture::kOutBytes);
  const double weights = 128 * 128 * 2;
  EXPECT_DOUBLE_EQ(pj(report, Component::tensor_macs),
                   static_cast<double>(KernelFixture::kMacs) * energy.mac_bf16_pj);
  EXPECT_DOUBLE_EQ(pj(report, Component::weight_load), weights * energy.weight_load_pj_per_byte);
  // In: written by the DMA, read by the matmul; out: written by the copy, read by the DMA.
  EXPECT_DOUBLE_EQ(pj(report, Component::sbuf),
                   (2 * in + weights + 2 * out) * energy.sbuf_pj_per_byte);
  EXPECT_DOUBLE_EQ(pj(report, Component::psum), 2 * out * energy.psum_pj_per_byte);
  EXPECT_DOUBLE_EQ(pj(report, Component::hbm), (in + out) * 8 * energy.hbm_pj_per_bit);
  EXPECT_DOUBLE_EQ(pj(report, Component::network), (in + out) * 8 * energy.network_pj_per_bit);
  EXPECT_DOUBLE_EQ(pj(report, Component::dispatch), (4 + 256) * energy.dispatch_pj);
  EXPECT_EQ(report.counts.instructions, 4);
  EXPECT_EQ(report.counts.descriptors, 256);
}

TEST(EnergyOfAKernel, BearsOneCoresShareOfTheStandingPowerOfTheChip) {
  const KernelFixture kernel;
  const EnergyReport report = account(kernel);
  EXPECT_NEAR(report.average_w(Component::idle), 80.0 / 8, 1e-9);
  // Something is in flight until the last transfer completes at 9.5 us.
  EXPECT_NEAR(report.average_w(Component::active), 50.0 / 8 * 0.95, 1e-9);
}

TEST(EnergyOfAKernel, SumsToTheSameOverComponentsWindowsAndInstructions) {
  const KernelFixture kernel("trn3");
  const EnergyReport report = account(kernel);
  std::int64_t all = 0;
  for (const ComponentEnergy& component : report.components) {
    EXPECT_EQ(
        std::accumulate(component.window_fj.begin(), component.window_fj.end(), std::int64_t{0}),
        component.fj);
    all += component.fj;
  }
  EXPECT_EQ(all, report.fj);
  const std::int64_t of_instructions =
      std::accumulate(report.instruction_fj.begin(), report.instruction_fj.end(), std::int64_t{0});
  EXPECT_EQ(of_instructions + report[Component::idle].fj + report[Component::active].fj, report.fj);
}

TEST(EnergyOfAKernel, PeaksInItsBusiestWindow) {
  const KernelFixture kernel;
  const EnergyReport report = account(kernel);
  ASSERT_EQ(report.windows.count, 10u);
  EXPECT_GT(report.peak_w, report.average_w());
  // Nothing but the store runs then: 1 us of its 2.
  EXPECT_DOUBLE_EQ(report.window_w(7), report.peak_w);
  EXPECT_DOUBLE_EQ(report[Component::tensor_macs].peak_w,
                   10 * report.average_w(Component::tensor_macs));
}

TEST(EnergyOfAKernel, AtHalfClockHalvesThePowerOfTheTensorEngineAndKeepsItsJoules) {
  KernelFixture kernel;
  const EnergyReport full = account(kernel);
  kernel.timeline.tensor_clock = {{KernelFixture::us(0), kernel.machine.tensor.gate_slow_ratio}};
  kernel.timeline.spans[1].busy_end = KernelFixture::us(6);
  const EnergyReport gated = account(kernel);
  EXPECT_EQ(gated[Component::tensor_macs].fj, full[Component::tensor_macs].fj);
  EXPECT_NEAR(gated[Component::tensor_macs].peak_w, full[Component::tensor_macs].peak_w / 2, 1e-6);
  // A machine whose gate also lowers the voltage.
  kernel.machine.energy.gated_clock_ratio = 0.25;
  EXPECT_NEAR(account(kernel)[Component::tensor_macs].joules(),
              full[Component::tensor_macs].joules() / 2, 1e-12);
}

TEST(EnergyOfAKernel, IsWeighedByTheClockOnBothSidesOfAChange) {
  KernelFixture kernel;
  const EnergyReport full = account(kernel);
  // 1 us of work: a third done at half clock until 4.5 us, the rest at full clock.
  kernel.machine.energy.gated_clock_ratio = 1.0;
  kernel.timeline.tensor_clock = {{KernelFixture::us(0), 0.5}, {KernelFixture::us(4.5), 1.0}};
  EXPECT_NEAR(account(kernel)[Component::tensor_macs].joules(),
              full[Component::tensor_macs].joules() * (0.5 + 0.5) / (0.25 + 0.5), 1e-12);
}

TEST(EnergyOfAKernel, IncludesSpills) {
  KernelFixture kernel;
  const EnergyReport without = account(kernel);
  Transfer spill;
  spill.first_packet = KernelFixture::us(2);
  spill.last_packet = spill.complete = KernelFixture::us(3);
  spill.bytes = spill.hbm_write_bytes = 4096;
  spill.descriptors = 8;
  kernel.timeline.transfers.push_back(spill);
  const EnergyReport with = account(kernel);
  EXPECT_NEAR(pj(with, Component::hbm) - pj(without, Component::hbm),
              4096 * 8 * kernel.machine.energy.hbm_pj_per_bit, 1e-6);
  EXPECT_NEAR(pj(with, Component::sbuf) - pj(without, Component::sbuf),
              4096 * kernel.machine.energy.sbuf_pj_per_byte, 1e-6);
  EXPECT_EQ(with.counts.descriptors, without.counts.descriptors + 8);
}

TEST(EnergyOfAKernel, CountsALinkBitAtItsEndAndASwitchBitOnce) {
  for (const char* name : {"trn2", "trn3"}) {
    KernelFixture kernel(name);
    const EnergyReport without = account(kernel);
    kernel.add_exchange();
    const EnergyReport with = account(kernel);
    const Energy& energy = kernel.machine.energy;
    constexpr double kBits = KernelFixture::kOutBytes * 8.0;
    EXPECT_DOUBLE_EQ(pj(with, Component::link), 2 * kBits * energy.link_pj_per_bit);
    EXPECT_DOUBLE_EQ(static_cast<double>(with.switch_fj) * 1e-3, kBits * energy.switch_pj_per_bit);
    EXPECT_EQ(with.efa_fj, 0);
    EXPECT_NEAR(pj(with, Component::network) - pj(without, Component::network),
                2 * kBits * energy.network_pj_per_bit, 1e-6);
    EXPECT_EQ(with.counts.exchange.link_bytes, 2 * KernelFixture::kOutBytes);
  }
}

TEST(EnergyOfAKernel, TakesEightBitProductsFromTheFastPathOnlyInDoubleRows) {
  KernelFixture kernel;
  auto* matmul = static_cast<NcMatmul*>(kernel.program.stream[1].operands);
  matmul->moving.dtype = matmul->stationary.dtype = DType::float8_e4m3;
  const auto macs = static_cast<double>(KernelFixture::kMacs);
  const Energy& energy = kernel.machine.energy;
  EXPECT_DOUBLE_EQ(pj(account(kernel), Component::tensor_macs), macs * energy.mac_bf16_pj);
  matmul->perf_mode = MatmulPerfMode::double_row;
  EXPECT_DOUBLE_EQ(pj(account(kernel), Component::tensor_macs), macs / 2 * energy.mac_fp8_pj);
}

TEST(EnergyOfAKernel, OfMostlyZerosIsLessByTheProductsShare) {
  const KernelFixture kernel;
  const EnergyReport report = account(kernel);
  EXPECT_NEAR(report.joules() - report.joules_of_zero_data(),
              report[Component::tensor_macs].joules() * (1 - kernel.machine.energy.zero_data_ratio),
              1e-15);
}

TEST(EnergyOfAKernel, OfNothingIsNothing) {
  KernelFixture kernel;
  kernel.program.stream.clear();
  kernel.timeline = {};
  const EnergyReport report = account(kernel);
  EXPECT_EQ(report.fj, 0);
  EXPECT_EQ(report.average_w(), 0);
  EXPECT_EQ(report.peak_w, 0);
}

}  // namespace
}  // namespace trainyard
