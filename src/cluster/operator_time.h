// SPDX-License-Identifier: Apache-2.0
// How long a rank takes for an operator: what the scenario's sources know of its shape, else the
// roofline: the larger of its arithmetic and its memory traffic, the arithmetic at the rate that a
// product of this shape can have on so many units.
#pragma once

#include "cluster/operator_source.h"
#include "cluster/operators.h"
#include "fabric/system.h"

namespace trainyard {

class OperatorTimes {
 public:
  // All three outlive it; without sources there is only the roofline.
  OperatorTimes(const System& system, const Software& software, NumberFormat format,
                const OperatorSources* sources = nullptr);

  SourcedSeconds forward(const Operator& op) const;
  SourcedSeconds backward(const Operator& op) const;
  double forward_s(const Operator& op) const { return forward(op).total(); }
  double backward_s(const Operator& op) const { return backward(op).total(); }
  // Of a matmul's gradient of its input, and of its weights.
  SourcedSeconds input_gradient(const Operator& op) const;
  SourcedSeconds weights_gradient(const Operator& op) const;
  // As sources are asked for it: forward, and backward where it is no matmul.
  OperatorShape shape(const Operator& op, bool is_backward = false) const;
  OperatorShape input_gradient_shape(const Operator& op) const;
  OperatorShape weights_gradient_shape(const Operator& op) const;
  // Of bytes of HBM alone: the optimiser's.
  double memory_s(double bytes) const;
  double peak_flop_per_s() const { return peak_; }  // of a rank, in the products' format

 private:
  SourcedSeconds seconds(const Operator& op, const OperatorShape& shape, double flop,
                         double bytes) const;
  double roofline_s(const Operator& op, double m, double n, double flop, double bytes) const;
  double shape_share(double batch, double m, double n) const;

  const System& system_;
  const Software& software_;
  const OperatorSources* const sources_;  // null: the roofline alone
  const NumberFormat format_;
  double peak_, attention_peak_, memory_;
};

// Of a chip, in FLOP/s; a format that the chip lacks runs at bf16's rate.
double peak_of(const SystemChip& chip, NumberFormat format);

}  // namespace trainyard
