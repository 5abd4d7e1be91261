// SPDX-License-Identifier: Apache-2.0
// Indexing: integers, slices, ellipsis, new axes, and indices known only at run time.
#include <fmt/format.h>

#include <algorithm>

#include "base/fault.h"
#include "program/tile.h"

namespace trainyard {
namespace {

using Kind = IndexItem::Kind;

Fault index_fault(const Tile& tile, std::string rule, std::string hint) {
  return Fault(FaultKind::program, fmt::format("{} (shape {})", std::move(rule), shape_text(tile)),
               std::move(hint));
}

int dimensions_named(const IndexItem* items, int count) {
  int named = 0;
  for (int i = 0; i < count; ++i) {
    named += items[i].kind != Kind::ellipsis && items[i].kind != Kind::new_axis ? 1 : 0;
  }
  return named;
}

// An end of a slice as t[...] takes it.
std::int64_t end_of(std::int64_t given, std::int64_t open, std::int64_t size) {
  if (given == IndexItem::kOpen) return open;
  return given < 0 ? given + size : given;
}

}  // namespace

Tile Tile::slice(int dim, std::int64_t start, std::int64_t stop, std::int64_t step) const {
  if (start >= stop) {
    throw index_fault(*this, fmt::format("slice {}:{} is empty", start, stop),
                      "0 <= start < stop; only t[...] counts from the end");
  }
  return cut(checked_dim("slice", dim, rank()), start, stop, step);
}

Tile Tile::cut(int dim, std::int64_t start, std::int64_t stop, std::int64_t step) const {
  const std::int64_t size = extent(dim);
  if (step < 1) {
    throw index_fault(*this, fmt::format("a slice needs a step of at least 1, not {}", step),
                      "use a positive step");
  }
  // An empty slice is a view that no instruction takes: kernels make one for a core without work.
  if (start < 0 || stop > size || start > stop) {
    throw index_fault(
        *this,
        fmt::format("slice {}:{} is outside dimension {} of size {}", start, stop, dim, size),
        fmt::format("0 <= start <= stop <= {}", size));
  }
  if (dim == 0 && rows_indirect() && (start != 0 || stop != size || step != 1)) {
    throw index_fault(*this, "dimension 0 takes its rows from an index tile and cannot be sliced",
                      "slice the index tile");
  }
  step = std::min(step, size);
  Tile result = *this;
  result.move(dim, start);
  Dim& d = result.view_.dims[dim];
  d = dim_of("slice", d.step * step, (stop - start + step - 1) / step);
  return result;
}

Tile Tile::select(int dim, std::int64_t index) const {
  dim = checked_dim("select", dim, rank());
  const std::int64_t size = extent(dim);
  if (index < 0 || index >= size) {
    throw index_fault(*this,
                      fmt::format("index {} is outside dimension {} of size {}", index, dim, size),
                      fmt::format("0 <= index < {}; only t[...] counts from the end", size));
  }
  Tile result = cut(dim, index, index + 1, 1);
  if ((dim > 0 || !chip()) && rank() > (chip() ? 2 : 1)) result.remove(dim);
  return result;
}

void Tile::attach(Indirect indirect, int dim, std::int64_t count) {
  if (indirect_) {
    throw index_fault(*this, "a view has at most one index known only at run time",
                      "copy the chosen part first");
  }
  indirect.partition_dim = dim == 0 && chip();
  if (view_.dims[dim].step == 0) {
    throw index_fault(*this, fmt::format("dimension {} is a broadcast", dim),
                      "choose before broadcasting");
  }
  indirect.dim = dim;
  indirect.scale_bytes = view_.dims[dim].step * (indirect.partition_dim ? 1 : element_bytes());
  if (count < 1 || count > extent(dim)) {
    throw index_fault(
        *this,
        fmt::format("{} elements do not fit dimension {} of size {}", count, dim, extent(dim)),
        "take a shorter slice");
  }
  indirect.index_limit = extent(dim) - count + 1;
  indexed_extent_ = extent(dim);
  view_.dims[dim].count = static_cast<std::int32_t>(count);
  indirect_ = indirect;
}

Tile Tile::slice(int dim, RegisterId start, std::int64_t count) const {
  dim = checked_dim("slice", dim, rank());
  Tile result = *this;
  Indirect indirect;
  indirect.kind = IndirectKind::scalar_register;
  indirect.reg = start;
  result.attach(indirect, dim, count);
  return result;
}

Tile Tile::select(int dim, RegisterId index) const {
  dim = checked_dim("select", dim, rank());
  Tile result = slice(dim, index, 1);
  if ((dim > 0 || !chip()) && rank() > (chip() ? 2 : 1)) result.remove(dim);
  return result;
}

Tile Tile::select(int dim, const Tile& index) const {
  dim = checked_dim("select", dim, rank());
  if (index.view_.elements() != 1 || index.indirect_) {
    throw index_fault(
        *this, fmt::format("the index of select must be a (1, 1) tile, not {}", shape_text(index)),
        "slice the one element meant");
  }
  if (dim == 0 && chip()) {
    throw index_fault(*this, "the partition dimension cannot be selected at run time",
                      "use a register with nl.ds, or move the data by DMA");
  }
  Tile result = *this;
  Indirect indirect;
  indirect.kind = IndirectKind::scalar_tile;
  indirect.index = index.view_;
  result.attach(indirect, dim, 1);
  if (rank() > (chip() ? 2 : 1)) result.remove(dim);
  return result;
}

Tile Tile::at(const IndexItem* items, int count) const {
  const int named = dimensions_named(items, count);
  if (named > rank()) {
    throw index_fault(*this, fmt::format("{} indices for a tensor of {} dimensions", named, rank()),
                      "leave out the surplus ones");
  }
  Tile result = *this;
  const int least_rank = chip() ? 2 : 1;
  // Dropped dimensions are removed from the back at the end, so that the rank stays at its least.
  int drops[kMaxRank];
  int dropped = 0;
  int dim = 0;
  bool ellipsis = false;
  for (int i = 0; i < count; ++i) {
    const IndexItem& item = items[i];
    switch (item.kind) {
      case Kind::ellipsis:
        if (ellipsis) throw index_fault(*this, "an index has at most one ellipsis", "use ':'");
        ellipsis = true;
        dim += rank() - named;
        break;
      case Kind::new_axis:
        if (dim == 0 && dim0_fixed()) {
          throw index_fault(*this, "no dimension can stand before the partition dimension",
                            "put the new axis further right");
        }
        result.insert(dim, {1, 1});
        ++dim;
        break;
      case Kind::index: {
        const std::int64_t size = result.extent(dim);
        if (item.start < -size || item.start >= size) {
          throw index_fault(
              *this, fmt::format("index {} is outside a dimension of size {}", item.start, size),
              fmt::format("0 <= index < {}", size));
        }
        result.move(dim, item.start < 0 ? item.start + size : item.start);
        if (dim == 0 && rows_indirect()) {
          throw index_fault(*this, "dimension 0 takes its rows from an index tile",
                            "index the index tile");
        }
        result.view_.dims[dim].count = 1;
        if (dim > 0 || !chip()) drops[dropped++] = dim;
        ++dim;
        break;
      }
      case Kind::slice:
        if (item.start != IndexItem::kOpen || item.stop != IndexItem::kOpen || item.step != 1) {
          const std::int64_t size = result.extent(dim);
          result = result.cut(dim, end_of(item.start, 0, size), end_of(item.stop, size, size),
                              item.step);
        }
        ++dim;
        break;
      case Kind::reg_slice:
        result = result.slice(dim, item.reg, item.stop);
        ++dim;
        break;
      case Kind::reg_index:
        result = result.slice(dim, item.reg, 1);
        if (dim > 0 || !chip()) drops[dropped++] = dim;
        ++dim;
        break;
    }
  }
  // t[:, 0, 10] of three dimensions keeps the last one: (64, 1).
  const int removable = result.rank() - least_rank;
  const int kept = dropped > removable ? dropped - removable : 0;
  for (int i = dropped - kept - 1; i >= 0; --i) result.remove(drops[i]);
  return result;
}

}  // namespace trainyard
