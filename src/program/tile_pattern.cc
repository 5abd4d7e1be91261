// SPDX-License-Identifier: Apache-2.0
// Explicit access patterns and rows or columns chosen by index tiles (nki-surface.md 4.2).
#include <fmt/format.h>

#include <algorithm>

#include "base/fault.h"
#include "program/tile.h"

namespace trainyard {
namespace {

Fault refuse(std::string rule, std::string hint) {
  return Fault(FaultKind::program, std::move(rule), std::move(hint)).in("ap");
}

// The partition walk of an on-chip pattern: how many elements of the pattern are one partition.
// The storage's free size is documented; kernels also pass that of the view they hold.
std::int64_t partition_unit(std::int64_t stride, std::int64_t count, std::int64_t storage,
                            std::int64_t view) {
  if (stride > 0 && stride % storage == 0) return storage;
  if (stride > 0 && stride % view == 0) return view;
  if (count == 1) return storage;
  throw refuse(fmt::format("the pattern walks partitions by {} elements, a partition has {}",
                           stride, storage),
               fmt::format("the first pair must be [{}, partitions]", storage));
}

void set_pattern(const Pattern& pattern, View& view) {
  const auto pattern_rank = static_cast<int>(pattern.dims.size());
  if (pattern_rank < 1 || pattern_rank > kMaxRank) {
    throw refuse(fmt::format("a pattern has 1 to {} pairs, not {}", kMaxRank, pattern_rank),
                 "give [[step, count], ...]");
  }
  view.rank = static_cast<std::uint8_t>(pattern_rank);
  view.dims = {};
  for (int d = 0; d < pattern_rank; ++d) {
    const auto [step, count] = pattern.dims[d];
    if (count < 1 || count > INT32_MAX || step < INT32_MIN || step > INT32_MAX) {
      throw refuse(fmt::format("pair {} of the pattern, [{}, {}], has a count below 1 or does not "
                               "fit 32 bits",
                               d, step, count),
                   "counts are at least 1");
    }
    view.dims[d] = {static_cast<std::int32_t>(step), static_cast<std::int32_t>(count)};
  }
}

}  // namespace

std::int64_t Tile::index_limit(std::int64_t scale_bytes, int first_dim) const {
  const std::int64_t room = storage_bytes_ - view_.offset_bytes - reach_bytes(first_dim);
  return room < 0 || scale_bytes <= 0 ? 0 : room / scale_bytes + 1;
}

Tile Tile::ap(const Pattern& pattern, std::int64_t offset, const Dynamic& dynamic,
              std::optional<DType> dtype) const {
  if (indirect_) {
    throw refuse("a view with an index known only at run time takes no further pattern",
                 "call ap() on the tensor");
  }
  Tile result = *this;
  View& view = result.view_;
  if (dtype) view.dtype = *dtype;
  const std::int64_t bytes = result.element_bytes();
  set_pattern(pattern, view);
  result.check_elements("ap");
  constexpr std::int64_t kFar = std::int64_t{1} << 48;  // beyond every memory
  if (offset > kFar || offset < -kFar) {
    throw refuse(fmt::format("offset {} lies outside of the tensor", offset),
                 "an offset counts elements from the start of the view");
  }
  if (chip()) {
    const std::int64_t storage = result.pitch();
    const std::int64_t held =
        std::max<std::int64_t>(1, view_.elements_per_partition() * element_bytes() / bytes);
    const auto [step, count] = pattern.dims[0];
    const std::int64_t unit = partition_unit(step, count, storage, held);
    view.dims[0].step = static_cast<std::int32_t>(std::max<std::int64_t>(1, step / unit));
    const std::int64_t partition = view.partition + offset / unit;
    if (partition < 0 || partition >= storage_partitions_) {
      throw refuse(fmt::format("offset {} lies in partition {} of a tensor that has {}", offset,
                               partition, storage_partitions_),
                   "an offset counts elements from the start of the view");
    }
    view.partition = static_cast<std::int32_t>(partition);
    view.offset_bytes += offset % unit * bytes;
    if (view.rank == 1) result.insert(1, {1, 1});
  } else {
    view.offset_bytes += offset * bytes;
  }
  if (dynamic.scalar == nullptr && dynamic.vector == nullptr && dynamic.reg == kNoRegister) {
    result.beyond_ = true;
    return result;
  }
  const int dim = checked_dim("ap", dynamic.dim, rank());
  Indirect indirect;
  indirect.dim = dim;
  indirect.partition_dim = dim == 0 && chip();
  indirect.scale_bytes = indirect.partition_dim
                             ? view_.dims[0].step
                             : static_cast<std::int64_t>(view_.dims[dim].step) * element_bytes();
  if (dynamic.vector != nullptr) {
    if (dim != 0) {
      throw refuse(fmt::format("vector_offset chooses along dimension 0, not {}", dim),
                   "use indirect_dim=0");
    }
    const View& index = dynamic.vector->view_;
    if (index.elements() < view.dims[0].count) {
      throw refuse(fmt::format("vector_offset has {} rows, the pattern {}", index.elements(),
                               view.dims[0].count),
                   "give one index for each row of the pattern");
    }
    indirect.kind = IndirectKind::vector_rows;
    indirect.index = index;
  } else if (dynamic.scalar != nullptr) {
    if (dynamic.scalar->view_.elements() != 1) {
      throw refuse(
          fmt::format("scalar_offset must be a (1, 1) tile, not {}", shape_text(*dynamic.scalar)),
          "slice the one element meant");
    }
    indirect.kind = IndirectKind::scalar_tile;
    indirect.index = dynamic.scalar->view_;
  } else {
    indirect.kind = IndirectKind::scalar_register;
    indirect.reg = dynamic.reg;
  }
  const bool rows = indirect.kind == IndirectKind::vector_rows;
  if (indirect.partition_dim) {
    const std::int64_t last =
        view.partition +
        (rows ? 0 : static_cast<std::int64_t>(view.dims[0].count - 1) * view.dims[0].step);
    indirect.index_limit = std::max<std::int64_t>(
        0, (storage_partitions_ - last + indirect.scale_bytes - 1) / indirect.scale_bytes);
  } else {
    indirect.index_limit = result.index_limit(indirect.scale_bytes, rows ? 1 : 0);
  }
  result.indirect_ = indirect;
  result.check_inside("ap");
  return result;
}

Tile Tile::vector_select(int dim, const Tile& rows) const {
  const auto refuse_select = [](std::string rule, std::string hint) {
    return Fault(FaultKind::program, std::move(rule), std::move(hint)).in("vector_select");
  };
  if (dim != 0) throw refuse_select("only dimension 0 can be chosen by rows", "use dim=0");
  if (chip()) {
    throw refuse_select("only HBM tensors have rows to choose", "use nc_n_gather or local_gather");
  }
  if (indirect_) {
    throw refuse_select("a view has at most one index known only at run time",
                        "copy the chosen part first");
  }
  Tile result = *this;
  Indirect indirect;
  indirect.kind = IndirectKind::vector_rows;
  indirect.index = rows.view_;
  indirect.scale_bytes = static_cast<std::int64_t>(view_.dims[0].step) * element_bytes();
  indirect.index_limit = extent(0);
  result.view_.dims[0].count = rows.view_.partitions();
  result.indirect_ = indirect;
  return result;
}

Tile Tile::indirect(const Tile& index, std::int64_t count) const {
  const auto refuse_indirect = [](std::string rule, std::string hint) {
    return Fault(FaultKind::program, std::move(rule), std::move(hint)).in("indirect");
  };
  if (!chip()) throw refuse_indirect("only on-chip tiles can be indirect", "copy it to SBUF first");
  if (indirect_) {
    throw refuse_indirect("a view has at most one index known only at run time",
                          "copy the chosen part first");
  }
  if (index.extent(0) != extent(0)) {
    throw refuse_indirect(
        fmt::format("the index tile has {} partitions, the tile {}", index.extent(0), extent(0)),
        "use as many partitions in both");
  }
  if (!is_contiguous()) {
    throw refuse_indirect("the tile must be dense in each partition", "use the whole rows");
  }
  if (count < 1 || count > index.view_.elements()) {
    throw refuse_indirect(fmt::format("num_elem {} is outside 1 to the {} offsets of the index",
                                      count, index.view_.elements()),
                          "use fewer offsets");
  }
  Tile result = *this;
  Indirect indirect;
  indirect.kind = IndirectKind::columns;
  indirect.index = index.view_;
  indirect.dim = 1;
  indirect.scale_bytes = element_bytes();
  indirect.index_limit = view_.elements_per_partition();
  result.view_.rank = 2;
  result.view_.dims = {};
  result.view_.dims[0] = view_.dims[0];
  result.view_.dims[1] = dim_of("indirect", 1, count);
  result.indirect_ = indirect;
  return result;
}

}  // namespace trainyard
