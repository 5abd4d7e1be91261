// SPDX-License-Identifier: Apache-2.0
// Operators of a model's layer, timed on the virtual core of a chip: real kernels, each shape run
// once and kept. A rank is one or more cores that share its operators out; all cores of the chip
// are busy, so each has its share of the HBM.
#pragma once

#include <map>
#include <mutex>

#include "kernels/product_kernel.h"
#include "machine/machine.h"

namespace trainyard {

class CoreTimes {
 public:
  // `rank_cores`: of one rank.
  CoreTimes(Machine machine, std::int64_t rank_cores);

  // `batch` products of one shape on a rank, from any thread.
  double products_s(const ProductShape& shape, std::int64_t batch);
  // Element-wise work on so many bytes of HBM.
  double stream_s(double bytes);

  // One core's, with its share of the HBM.
  const Machine& machine() const { return machine_; }

 private:
  Machine machine_;
  const std::int64_t cores_;
  std::mutex mutex_;
  std::map<ProductShape, double> products_;  // of one core
  double stream_bytes_per_s_ = 0;            // 0: not yet run
};

}  // namespace trainyard
