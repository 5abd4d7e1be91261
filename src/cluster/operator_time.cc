// SPDX-License-Identifier: Apache-2.0
#include "cluster/operator_time.h"

#include <algorithm>
#include <cmath>

namespace trainyard {

double peak_of(const SystemChip& chip, NumberFormat format) {
  if (format == NumberFormat::fp32) return chip.fp32_flop_per_s;
  if (format == NumberFormat::bf16 || chip.fp8_flop_per_s <= 0) return chip.bf16_flop_per_s;
  return chip.fp8_flop_per_s;
}

OperatorTimes::OperatorTimes(const System& system, const Software& software, NumberFormat format)
    : system_(system), software_(software) {
  const auto ranks = static_cast<double>(system.chip.ranks);
  const SystemChip& chip = system.chip;
  peak_ = peak_of(chip, format) / ranks;
  attention_peak_ =
      (format == NumberFormat::fp32 ? chip.fp32_flop_per_s : chip.bf16_flop_per_s) / ranks;
  memory_ = chip.hbm_bytes_per_s * chip.hbm_sustained / ranks;
}

// Whole tiles on whole waves of units; the tile may be halved in its longer side.
double OperatorTimes::shape_share(double batch, double m, double n) const {
  const double units = std::max(1.0, std::floor(static_cast<double>(system_.chip.units) /
                                                static_cast<double>(system_.chip.ranks)));
  double best = 0;
  for (const double part : {1.0, 0.5}) {
    const double rows = static_cast<double>(system_.chip.tile_rows);
    const double columns = static_cast<double>(system_.chip.tile_columns) * part;
    const double tiles = batch * std::ceil(m / rows) * std::ceil(n / columns);
    const double waves = std::ceil(tiles / units);
    best = std::max(best, batch * m * n / (waves * units * rows * columns));
  }
  return std::min(1.0, best);
}

double OperatorTimes::seconds(const Operator& op, double m, double n, double flop,
                              double bytes) const {
  const double memory_s = bytes / (memory_ * software_.memory_efficiency);
  double arithmetic_s = 0;
  if (op.kind == OperatorKind::matmul && flop > 0) {
    const double peak = op.has_weights ? peak_ : attention_peak_;
    const double efficiency =
        software_.matmul_efficiency * (op.of_experts ? software_.expert_efficiency : 1);
    arithmetic_s =
        flop / (peak * system_.chip.matmul_sustained * efficiency * shape_share(op.batch, m, n));
  } else if (op.kind == OperatorKind::attention) {
    arithmetic_s =
        flop / (attention_peak_ * system_.chip.matmul_sustained * software_.attention_efficiency);
  }
  return std::max(arithmetic_s, memory_s);
}

double OperatorTimes::forward_s(const Operator& op) const {
  return seconds(op, op.m, op.n, op.flop, op.bytes);
}

double OperatorTimes::backward_s(const Operator& op) const {
  if (op.kind != OperatorKind::matmul) {
    return seconds(op, op.m, op.n, op.flop * op.backward_flop, op.bytes * op.backward_bytes);
  }
  // The input's gradient, then the weights'.
  return seconds(op, op.m, op.k, op.flop, op.bytes) + seconds(op, op.k, op.n, op.flop, op.bytes);
}

double OperatorTimes::memory_s(double bytes) const {
  return bytes / (memory_ * software_.memory_efficiency);
}

}  // namespace trainyard
