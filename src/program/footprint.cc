// SPDX-License-Identifier: Apache-2.0
#include "program/footprint.h"

#include <algorithm>
#include <cstdlib>

namespace trainyard {
namespace {

// The bytes of one period of `period` bytes that `f` touches, if they lie inside it.
struct Residue {
  std::int64_t begin = 0, end = 0;
};

bool residue(const Footprint& f, std::int64_t period, Residue& out) {
  std::int64_t extent = f.rectangle.end_byte - f.rectangle.first_byte;
  if (f.pattern != nullptr) {
    const View& view = *f.pattern;
    const auto element = static_cast<std::int64_t>(dtype_bytes(view.dtype));
    extent = element;
    for (int d = on_chip(view.space) ? 1 : 0; d < view.rank; ++d) {
      const std::int64_t step = std::abs(std::int64_t{view.dims[d].step}) * element;
      if (step % period != 0) extent += step * (view.dims[d].count - 1);
    }
  }
  out.begin = f.rectangle.first_byte % period;
  out.end = out.begin + extent;
  return out.end <= period;
}

bool apart_in_a_period_of(const View& view, const Footprint& a, const Footprint& b) {
  const auto element = static_cast<std::int64_t>(dtype_bytes(view.dtype));
  for (int d = on_chip(view.space) ? 1 : 0; d < view.rank; ++d) {
    const std::int64_t period = std::abs(std::int64_t{view.dims[d].step}) * element;
    if (view.dims[d].count < 2 || period <= element) continue;
    Residue x, y;
    if (residue(a, period, x) && residue(b, period, y) && (x.end <= y.begin || y.end <= x.begin)) {
      return true;
    }
  }
  return false;
}

}  // namespace

Rectangle Rectangle::joined(const Rectangle& other) const {
  return {std::min(first_byte, other.first_byte), std::max(end_byte, other.end_byte),
          std::min(first_partition, other.first_partition),
          std::max(end_partition, other.end_partition)};
}

Rectangle Rectangle::clipped(const Rectangle& other) const {
  return {std::max(first_byte, other.first_byte), std::min(end_byte, other.end_byte),
          std::max(first_partition, other.first_partition),
          std::min(end_partition, other.end_partition)};
}

Rectangle tensor_rectangle(const TensorInfo& info, std::int32_t partition, std::int64_t byte) {
  const std::int32_t partitions = on_chip(info.space) ? info.partitions : 1;
  return {byte, byte + info.partition_bytes, partition, partition + partitions};
}

Footprint footprint(const View& view, const TensorInfo& info, std::int32_t partition,
                    std::int64_t byte) {
  if (view.indirect != 0) return {tensor_rectangle(info, partition, byte), nullptr};
  Footprint f;
  Rectangle& r = f.rectangle;
  int free_dim = 0;
  r.first_partition = partition;
  r.end_partition = partition + 1;
  if (on_chip(view.space)) {
    free_dim = 1;
    r.first_partition += view.partition;
    r.end_partition = r.first_partition + 1;
    if (view.rank > 0) {
      const std::int32_t span = view.dims[0].step * (view.dims[0].count - 1);
      r.first_partition += std::min(0, span);
      r.end_partition += std::max(0, span);
    }
  }
  const auto element = static_cast<std::int64_t>(dtype_bytes(view.dtype));
  std::int64_t below = 0, above = 0, touched = 1;
  for (int d = free_dim; d < view.rank; ++d) {
    const std::int64_t span = std::int64_t{view.dims[d].step} * (view.dims[d].count - 1);
    below += std::min<std::int64_t>(0, span);
    above += std::max<std::int64_t>(0, span);
    if (view.dims[d].step != 0) touched *= view.dims[d].count;
  }
  r.first_byte = byte + view.offset_bytes + below * element;
  r.end_byte = byte + view.offset_bytes + (above + 1) * element;
  if (touched < above - below + 1) f.pattern = &view;
  return f;
}

bool may_overlap(const Footprint& a, const Footprint& b) {
  if (a.pattern != nullptr && apart_in_a_period_of(*a.pattern, a, b)) return false;
  return b.pattern == nullptr || !apart_in_a_period_of(*b.pattern, a, b);
}

}  // namespace trainyard
