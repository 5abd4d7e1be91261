// SPDX-License-Identifier: Apache-2.0
#include "kernels/core_times.h"

#include <utility>

#include "kernels/stream_kernel.h"

namespace trainyard {
namespace {

std::int64_t share_of(std::int64_t whole, std::int64_t parts) {
  return (whole + parts - 1) / parts;
}

}  // namespace

CoreTimes::CoreTimes(Machine machine, std::int64_t rank_cores)
    : machine_(std::move(machine)), cores_(rank_cores) {
  // A core alone would have a whole stack.
  machine_.hbm.bandwidth_bytes_per_s *=
      static_cast<double>(machine_.hbm.stacks) / static_cast<double>(machine_.chip.cores);
}

double CoreTimes::products_s(const ProductShape& shape, std::int64_t batch) {
  // The cores of a rank take a product each, or a part of its longer side.
  ProductShape mine = shape;
  std::int64_t count = batch;
  if (batch % cores_ == 0) {
    count /= cores_;
  } else {
    std::int64_t& longer = mine.n >= mine.m ? mine.n : mine.m;
    longer = share_of(longer, cores_);
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  auto known = products_.find(mine);
  if (known == products_.end()) {
    known = products_.emplace(mine, product_seconds(mine, machine_)).first;
  }
  return static_cast<double>(count) * known->second;
}

double CoreTimes::stream_s(double bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stream_bytes_per_s_ == 0) stream_bytes_per_s_ = stream_bytes_per_s(machine_);
  return bytes / (stream_bytes_per_s_ * static_cast<double>(cores_));
}

}  // namespace trainyard
