// SPDX-License-Identifier: Apache-2.0
// How long a rank takes for an operator: the larger of its arithmetic and its memory traffic, the
// arithmetic at the rate that a product of this shape can have on so many units.
#pragma once

#include "cluster/operators.h"
#include "fabric/system.h"

namespace trainyard {

class OperatorTimes {
 public:
  OperatorTimes(const System& system, const Software& software, NumberFormat format);

  double forward_s(const Operator& op) const;
  double backward_s(const Operator& op) const;
  // Of bytes of HBM alone: the optimiser's.
  double memory_s(double bytes) const;
  double peak_flop_per_s() const { return peak_; }  // of a rank, in the products' format

 private:
  double seconds(const Operator& op, double m, double n, double flop, double bytes) const;
  double shape_share(double batch, double m, double n) const;

  const System& system_;
  const Software& software_;
  double peak_, attention_peak_, memory_;
};

// Of a chip, in FLOP/s; a format that the chip lacks runs at bf16's rate.
double peak_of(const SystemChip& chip, NumberFormat format);

}  // namespace trainyard
