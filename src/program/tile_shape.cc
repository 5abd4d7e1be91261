// SPDX-License-Identifier: Apache-2.0
// Views with other dimensions: reorder, split, merge, insert, drop, reinterpret.
#include <fmt/format.h>

#include <algorithm>

#include "base/fault.h"
#include "program/tile.h"

namespace trainyard {
namespace {

// INT64_MAX if it does not fit.
std::int64_t product(const Shape& shape) {
  std::int64_t n = 1;
  for (const std::int64_t size : shape) {
    if (__builtin_mul_overflow(n, size, &n)) return INT64_MAX;
  }
  return n;
}

// Replaces one -1 in `shape` by what makes it hold `elements`.
void infer_extent(Shape& shape, std::int64_t elements) {
  const auto open = std::find(shape.begin(), shape.end(), -1);
  if (open == shape.end()) return;
  *open = 1;
  const std::int64_t known = product(shape);
  *open = -1;
  if (known > 0 && elements % known == 0) *open = elements / known;
}

}  // namespace

Tile Tile::permute(const std::vector<int>& order) const {
  std::vector<int> dims = order;
  for (int& d : dims) d = checked_dim("permute", d, rank());
  std::vector<int> sorted = dims;
  std::sort(sorted.begin(), sorted.end());
  bool whole = static_cast<int>(sorted.size()) == rank();
  for (int d = 0; whole && d < rank(); ++d) whole = sorted[d] == d;
  if (!whole) {
    throw Fault(FaultKind::program,
                fmt::format("the dimensions must be a permutation of 0 to {}", rank() - 1),
                "name each dimension once")
        .in("permute");
  }
  if (dim0_fixed() && dims[0] != 0) {
    throw Fault(FaultKind::program, "the partition dimension 0 must stay outermost",
                "transpose with nc_transpose or dma_transpose")
        .in("permute");
  }
  Tile result = *this;
  for (int d = 0; d < rank(); ++d) result.view_.dims[d] = view_.dims[dims[d]];
  return result;
}

Tile Tile::broadcast(int dim, std::int64_t size) const {
  dim = checked_dim("broadcast", dim, rank());
  if (extent(dim) == size && size > 0) return *this;
  if (extent(dim) != 1 || size < 1) {
    throw Fault(FaultKind::program,
                fmt::format("dimension {} has size {}, only size 1 can be broadcast to {}", dim,
                            extent(dim), size),
                "select or slice one element first")
        .in("broadcast");
  }
  if (dim == 0 && dim0_fixed()) {
    throw Fault(FaultKind::program, "the partition dimension 0 cannot be broadcast",
                "copy across partitions with nc_stream_shuffle, dma_copy or a matmul with ones")
        .in("broadcast");
  }
  Tile result = *this;
  result.view_.dims[dim] = dim_of("broadcast", 0, size);
  result.check_elements("broadcast");
  return result;
}

Tile Tile::expand_dim(int dim) const {
  dim = checked_dim("expand_dim", dim, rank() + 1);
  if (dim == 0 && dim0_fixed()) {
    throw Fault(FaultKind::program, "no dimension can stand before the partition dimension 0",
                "expand at 1 or later")
        .in("expand_dim");
  }
  Tile result = *this;
  const std::int64_t step =
      dim == rank() ? 1 : static_cast<std::int64_t>(view_.dims[dim].step) * view_.dims[dim].count;
  result.insert(dim, dim_of("expand_dim", step, 1));
  return result;
}

Tile Tile::squeeze_dim(int dim) const {
  dim = checked_dim("squeeze_dim", dim, rank());
  if (extent(dim) != 1) {
    throw Fault(FaultKind::program,
                fmt::format("dimension {} has size {}, not 1", dim, extent(dim)),
                "select one element instead")
        .in("squeeze_dim");
  }
  if (dim == 0 && dim0_fixed()) {
    throw Fault(FaultKind::program, "the partition dimension 0 cannot be dropped",
                "squeeze a free dimension")
        .in("squeeze_dim");
  }
  Tile result = *this;
  if (rank() > (chip() ? 2 : 1)) result.remove(dim);
  return result;
}

Tile Tile::reshape(Shape shape) const {
  infer_extent(shape, view_.elements());
  const bool positive =
      std::all_of(shape.begin(), shape.end(), [](std::int64_t n) { return n > 0; });
  if (!positive || shape.empty() || product(shape) != view_.elements()) {
    throw Fault(FaultKind::program,
                fmt::format("shape {} does not have the {} elements of {}", shape_text(shape),
                            view_.elements(), shape_text(*this)),
                "keep the number of elements")
        .in("reshape");
  }
  if (static_cast<int>(shape.size()) > kMaxRank) {
    throw Fault(FaultKind::program, fmt::format("a tensor has at most {} dimensions", kMaxRank))
        .in("reshape");
  }
  const int first = dim0_fixed() ? 1 : 0;
  if (first == 1 && shape[0] != extent(0)) {
    throw Fault(
        FaultKind::program,
        fmt::format("the partition dimension 0 must keep its size {}, not {}", extent(0), shape[0]),
        "data moves between partitions only by an instruction")
        .in("reshape");
  }
  // Old dimensions of size 1 say nothing about memory. Groups of old and new dimensions with equal
  // products are matched from the left; inside a group the old ones must be dense in one another.
  std::vector<Dim> old;
  for (int d = first; d < rank(); ++d) {
    if (view_.dims[d].count != 1) old.push_back(view_.dims[d]);
  }
  Tile result = *this;
  result.view_.rank = static_cast<std::uint8_t>(shape.size());
  std::size_t o = 0;
  int n = first;
  const int new_rank = static_cast<int>(shape.size());
  while (o < old.size()) {
    std::int64_t have = old[o].count;
    std::int64_t want = shape[n];
    std::size_t o_end = o + 1;
    int n_end = n + 1;
    while (have != want) {
      if (want < have) {
        want *= shape[n_end++];
      } else {
        have *= old[o_end++].count;
      }
    }
    for (std::size_t i = o; i + 1 < o_end; ++i) {
      if (old[i].step != static_cast<std::int64_t>(old[i + 1].step) * old[i + 1].count) {
        throw Fault(FaultKind::program,
                    fmt::format("{} cannot be seen as {} without moving data: the merged "
                                "dimensions are not adjacent in memory",
                                shape_text(*this), shape_text(shape)),
                    "copy to a dense tile first")
            .in("reshape");
      }
    }
    std::int64_t step = old[o_end - 1].step;
    for (int d = n_end - 1; d >= n; --d) {
      result.view_.dims[d] = dim_of("reshape", step, shape[d]);
      step *= shape[d];
    }
    o = o_end;
    n = n_end;
  }
  for (; n < new_rank; ++n) result.view_.dims[n] = {1, 1};
  for (int d = new_rank; d < kMaxRank; ++d) result.view_.dims[d] = {};
  if (chip() && new_rank == 1) result.insert(1, {1, 1});
  return result;
}

Tile Tile::reshape_dim(int dim, Shape shape) const {
  dim = checked_dim("reshape_dim", dim, rank());
  infer_extent(shape, extent(dim));
  if (shape.empty() || product(shape) != extent(dim) ||
      std::any_of(shape.begin(), shape.end(), [](std::int64_t size) { return size < 1; })) {
    throw Fault(FaultKind::program,
                fmt::format("dimension {} of size {} cannot be split into {}", dim, extent(dim),
                            shape_text(shape)),
                "the product of the new sizes must be the old size")
        .in("reshape_dim");
  }
  if (shape.size() == 1) return *this;
  if (dim == 0 && dim0_fixed()) {
    throw Fault(FaultKind::program, "the partition dimension 0 cannot be split",
                "split a free dimension")
        .in("reshape_dim");
  }
  Tile result = *this;
  std::int64_t step = view_.dims[dim].step;
  result.remove(dim);
  for (std::size_t i = shape.size(); i-- > 0;) {
    result.insert(dim, dim_of("reshape_dim", step, shape[i]));
    step *= shape[i];
  }
  return result;
}

Tile Tile::flatten_dims(int start_dim, int end_dim) const {
  start_dim = checked_dim("flatten_dims", start_dim, rank());
  end_dim = checked_dim("flatten_dims", end_dim, rank());
  if (start_dim > end_dim) {
    throw Fault(FaultKind::program, "start_dim must not be behind end_dim").in("flatten_dims");
  }
  if (start_dim == 0 && end_dim > 0 && dim0_fixed()) {
    throw Fault(FaultKind::program, "the partition dimension 0 cannot be merged",
                "merge free dimensions")
        .in("flatten_dims");
  }
  Shape shape;
  for (int d = 0; d < rank(); ++d) {
    if (d > start_dim && d <= end_dim) {
      shape.back() *= extent(d);
    } else {
      shape.push_back(extent(d));
    }
  }
  return reshape(std::move(shape));
}

Tile Tile::as(DType dtype) const {
  const std::int64_t from = element_bytes();
  const auto to = static_cast<std::int64_t>(dtype_bytes(dtype));
  Tile result = *this;
  result.view_.dtype = dtype;
  const auto refuse = [&](std::string rule, std::string hint) {
    return Fault(FaultKind::program, std::move(rule), std::move(hint)).in("view");
  };
  if (indirect_ && dtype != view_.dtype) {
    throw refuse("an index known only at run time counts elements of one size",
                 "take the view before selecting");
  }
  if (from == to) return result;
  const int last = rank() - 1;
  if (last == 0 && chip()) {
    throw refuse("the partition dimension cannot change its size", "use a two-dimensional tile");
  }
  if (view_.dims[last].step != 1 && extent(last) != 1) {
    throw refuse(
        fmt::format("the last dimension must be dense, not of step {}", view_.dims[last].step),
        "take the view before slicing with a step or permuting");
  }
  const std::int64_t row_bytes = extent(last) * from;
  if (row_bytes % to != 0 || view_.offset_bytes % to != 0) {
    throw refuse(fmt::format("rows of {} bytes at byte {} do not divide into {} of {} bytes",
                             row_bytes, view_.offset_bytes, dtype_info(dtype).name, to),
                 fmt::format("the last dimension must be a multiple of {}", to / from));
  }
  for (int d = chip() ? 1 : 0; d < last; ++d) {
    const std::int64_t step_bytes = view_.dims[d].step * from;
    if (step_bytes % to != 0 && extent(d) != 1) {
      throw refuse(
          fmt::format("dimension {} steps by {} bytes, not a multiple of {}", d, step_bytes, to),
          "align the rows");
    }
    result.view_.dims[d] = dim_of("view", step_bytes / to, extent(d));
  }
  result.view_.dims[last] = dim_of("view", 1, row_bytes / to);
  return result;
}

}  // namespace trainyard
