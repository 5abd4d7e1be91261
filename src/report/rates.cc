// SPDX-License-Identifier: Apache-2.0
#include "report/rates.h"

namespace trainyard {
namespace {

double share(double part, double whole) {
  return whole > 0 ? part / whole : 0.0;
}

// Products per cycle and PE against bf16.
double rate_over_bf16(const TensorEngine& tensor, MacClass mac_class) {
  switch (mac_class) {
    case MacClass::bf16:
      return 1.0;
    case MacClass::fp8:
      return tensor.fp8_rows_per_cycle;
    case MacClass::fp32:
      return 1.0 / tensor.fp32_cycles_per_row;
    case MacClass::mxfp8:
    case MacClass::mxfp4:
      return tensor.mx_products_per_pe;
  }
  return 1.0;
}

double gated_share(const Timeline& timeline) {
  Time gated;
  for (std::size_t i = 0; i < timeline.tensor_clock.size(); ++i) {
    const ClockPhase& phase = timeline.tensor_clock[i];
    const bool last = i + 1 == timeline.tensor_clock.size();
    const Time end = last ? timeline.total : timeline.tensor_clock[i + 1].start;
    if (phase.share < 1.0 && phase.start < end) gated += end - phase.start;
  }
  return share(gated.seconds(), timeline.total.seconds());
}

}  // namespace

Rates rates_of(const RunResult& result) {
  const Machine& machine = result.machine;
  const double seconds = result.timeline.total.seconds();
  Rates rates;
  rates.bf16_peak_flop_per_s = 2.0 * static_cast<double>(machine.tensor.rows) *
                               static_cast<double>(machine.tensor.columns) *
                               machine.tensor.clock_hz;
  double bf16_equivalent_flop = 0;
  for (int c = 0; c < kMacClassCount; ++c) {
    const auto mac_class = static_cast<MacClass>(c);
    const std::int64_t macs = result.energy.counts.work_macs[static_cast<std::size_t>(c)];
    const std::int64_t moved = result.energy.counts.moving_macs[static_cast<std::size_t>(c)];
    const double passes = mac_class == MacClass::fp32 ? machine.tensor.fp32_passes : 1.0;
    rates.hardware_flop += 2.0 * passes * static_cast<double>(macs + moved);
    if (macs == 0) continue;
    const double flop = 2.0 * static_cast<double>(macs);
    rates.formats.push_back(mac_class);
    rates.matmul_flop += flop;
    bf16_equivalent_flop += flop / rate_over_bf16(machine.tensor, mac_class);
  }
  rates.matmul_flop_per_s = share(rates.matmul_flop, seconds);
  rates.mfu_bf16 = rates.matmul_flop_per_s / rates.bf16_peak_flop_per_s;
  rates.mfu_of_formats = share(bf16_equivalent_flop, seconds) / rates.bf16_peak_flop_per_s;

  rates.hbm_bytes = result.timeline.hbm_read_bytes + result.timeline.hbm_write_bytes;
  rates.hbm_bytes_per_s = share(static_cast<double>(rates.hbm_bytes), seconds);
  rates.hbm_peak_bytes_per_s =
      machine.hbm.bandwidth_bytes_per_s / static_cast<double>(machine.chip.cores);
  rates.hbm_stack_bytes_per_s =
      machine.hbm.bandwidth_bytes_per_s / static_cast<double>(machine.hbm.stacks);
  rates.hbm_share = rates.hbm_bytes_per_s / rates.hbm_peak_bytes_per_s;
  rates.gated_clock_share = gated_share(result.timeline);
  return rates;
}

}  // namespace trainyard
