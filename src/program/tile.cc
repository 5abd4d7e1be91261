// SPDX-License-Identifier: Apache-2.0
#include "program/tile.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "base/fault.h"

namespace trainyard {

Tile::Tile(const View& view, const TensorInfo& info)
    : view_(view),
      storage_partitions_(info.partitions > 0 ? info.partitions : 1),
      storage_bytes_(info.partition_bytes) {}

std::int64_t Tile::stride(int dim) const {
  const std::int64_t step = view_.dims[dim].step;
  return dim == 0 && chip() ? step * pitch() : step;
}

std::int64_t Tile::offset() const {
  return view_.partition * (chip() ? pitch() : 0) + view_.offset_bytes / element_bytes();
}

bool Tile::is_contiguous() const {
  std::int64_t inner = 1;
  for (int d = view_.rank - 1; d >= (chip() ? 1 : 0); --d) {
    if (view_.dims[d].count == 1) continue;
    if (view_.dims[d].step != inner) return false;
    inner *= view_.dims[d].count;
  }
  return true;
}

int Tile::checked_dim(const char* what, int dim, int limit) const {
  if (dim < -limit || dim >= limit) {
    throw Fault(FaultKind::program,
                fmt::format("dimension {} is out of range: {} has {} dimensions", dim,
                            shape_text(*this), rank()),
                fmt::format("use 0 to {}", limit - 1))
        .in(what);
  }
  return dim < 0 ? dim + limit : dim;
}

void Tile::move(int dim, std::int64_t elements) {
  const std::int64_t by = elements * view_.dims[dim].step;
  if (dim == 0 && chip()) {
    view_.partition += static_cast<std::int32_t>(by);
  } else {
    view_.offset_bytes += by * element_bytes();
  }
}

Dim Tile::dim_of(const char* what, std::int64_t step, std::int64_t count) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (count == 1 && (step > kMost || step < -kMost)) step = 1;  // nothing steps
  if (count > kMost || step > kMost || step < -kMost) {
    throw Fault(
        FaultKind::limit,
        fmt::format("a dimension of {} elements, {} apart, does not fit a view", count, step),
        "counts and strides are below 2^31: split the tensor")
        .in(what);
  }
  return {static_cast<std::int32_t>(step), static_cast<std::int32_t>(count)};
}

// Broadcast dimensions may make a view larger than any memory.
void Tile::check_elements(const char* what) const {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  std::int64_t n = 1;
  for (int d = 0; d < view_.rank; ++d) {
    if (n > kMost / view_.dims[d].count) {
      throw Fault(FaultKind::limit, fmt::format("a view has at most {} elements", kMost),
                  "broadcast to a smaller size")
          .in(what);
    }
    n *= view_.dims[d].count;
  }
}

void Tile::insert(int dim, Dim added) {
  if (view_.rank == kMaxRank) {
    throw Fault(FaultKind::program, fmt::format("a tensor has at most {} dimensions", kMaxRank),
                "merge dimensions with reshape");
  }
  for (int d = view_.rank; d > dim; --d) view_.dims[d] = view_.dims[d - 1];
  view_.dims[dim] = added;
  ++view_.rank;
}

void Tile::remove(int dim) {
  --view_.rank;
  for (int d = dim; d < view_.rank; ++d) view_.dims[d] = view_.dims[d + 1];
  view_.dims[view_.rank] = {};
}

std::int64_t Tile::reach_bytes(int first) const {
  std::int64_t last = 0;
  for (int d = first; d < view_.rank; ++d) {
    if (d == 0 && chip()) continue;
    last += static_cast<std::int64_t>(view_.dims[d].count - 1) * view_.dims[d].step;
  }
  // Far beyond every memory, and small enough to calculate with.
  constexpr std::int64_t kFar = std::int64_t{1} << 56;
  return (std::clamp(last, -kFar, kFar) + 1) * element_bytes();
}

void Tile::check_inside(const char* what) const {
  const int first = rows_indirect() ? 1 : 0;
  const std::int64_t end = view_.offset_bytes + reach_bytes(first);
  if (view_.offset_bytes < 0 || end > storage_bytes_ || end <= 0) {
    throw Fault(FaultKind::program,
                fmt::format("the pattern reaches element {} of a tensor that has {}{}",
                            end / element_bytes() - 1, pitch(), chip() ? " in each partition" : ""),
                "shorten the pattern or reduce its offset")
        .in(what);
  }
  if (!chip()) return;
  const std::int64_t last =
      view_.partition + static_cast<std::int64_t>(view_.dims[0].count - 1) * view_.dims[0].step;
  if (view_.partition < 0 || last >= storage_partitions_) {
    throw Fault(FaultKind::program,
                fmt::format("the pattern reaches partition {} of a tensor that has {} partitions",
                            last, storage_partitions_),
                "use fewer partitions or a smaller offset")
        .in(what);
  }
}

std::string shape_text(const Shape& shape) {
  if (shape.size() == 1) return fmt::format("({},)", shape[0]);
  return fmt::format("({})", fmt::join(shape, ", "));
}

std::string shape_text(const Tile& tile) {
  Shape shape;
  for (int d = 0; d < tile.rank(); ++d) shape.push_back(tile.extent(d));
  return shape_text(shape);
}

}  // namespace trainyard
