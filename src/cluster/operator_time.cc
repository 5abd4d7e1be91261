// SPDX-License-Identifier: Apache-2.0
#include "cluster/operator_time.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace trainyard {

double peak_of(const SystemChip& chip, NumberFormat format) {
  if (format == NumberFormat::fp32) return chip.fp32_flop_per_s;
  if (format == NumberFormat::bf16 || chip.fp8_flop_per_s <= 0) return chip.bf16_flop_per_s;
  return format == NumberFormat::nvfp4 && chip.fp4_flop_per_s > 0 ? chip.fp4_flop_per_s
                                                                  : chip.fp8_flop_per_s;
}

OperatorTimes::OperatorTimes(const System& system, const Software& software, NumberFormat format,
                             const OperatorSources* sources)
    : system_(system),
      software_(software),
      sources_(sources != nullptr && sources->any() ? sources : nullptr),
      format_(format) {
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

double OperatorTimes::roofline_s(const Operator& op, double m, double n, double flop,
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

OperatorShape OperatorTimes::shape(const Operator& op, bool is_backward) const {
  OperatorShape shape;
  shape.kind = op.kind;
  if (op.kind == OperatorKind::elementwise) {
    shape.bytes = op.bytes * (is_backward ? op.backward_bytes : 1);
    return shape;
  }
  // Only products with parameters are in 8 bits.
  shape.format = op.has_weights || format_ == NumberFormat::fp32 ? format_ : NumberFormat::bf16;
  shape.backward = is_backward;
  shape.batch = op.batch;
  shape.m = op.m;
  shape.n = op.n;
  shape.k = op.k;
  return shape;
}

OperatorShape OperatorTimes::input_gradient_shape(const Operator& op) const {
  OperatorShape made = shape(op);
  std::swap(made.n, made.k);
  return made;
}

OperatorShape OperatorTimes::weights_gradient_shape(const Operator& op) const {
  OperatorShape made = shape(op);
  std::swap(made.m, made.k);
  return made;
}

SourcedSeconds OperatorTimes::seconds(const Operator& op, const OperatorShape& shape, double flop,
                                      double bytes) const {
  if (sources_ != nullptr) {
    const double efficiency =
        op.kind == OperatorKind::elementwise
            ? software_.memory_efficiency
            : software_.matmul_efficiency * (op.of_experts ? software_.expert_efficiency : 1);
    if (const auto known = sources_->find(shape, efficiency)) return *known;
  }
  return {roofline_s(op, shape.m, shape.n, flop, bytes), TimeSource::roofline};
}

SourcedSeconds OperatorTimes::forward(const Operator& op) const {
  return seconds(op, shape(op), op.flop, op.bytes);
}

SourcedSeconds OperatorTimes::input_gradient(const Operator& op) const {
  return seconds(op, input_gradient_shape(op), op.flop, op.bytes);
}

SourcedSeconds OperatorTimes::weights_gradient(const Operator& op) const {
  return seconds(op, weights_gradient_shape(op), op.flop, op.bytes);
}

SourcedSeconds OperatorTimes::backward(const Operator& op) const {
  if (op.kind != OperatorKind::matmul) {
    return seconds(op, shape(op, true), op.flop * op.backward_flop, op.bytes * op.backward_bytes);
  }
  SourcedSeconds both = input_gradient(op);
  if (op.frozen) return both;
  both.add(weights_gradient(op));
  return both;
}

double OperatorTimes::memory_s(double bytes) const {
  return bytes / (memory_ * software_.memory_efficiency);
}

}  // namespace trainyard
