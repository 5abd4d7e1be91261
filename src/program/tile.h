// SPDX-License-Identifier: Apache-2.0
// The algebra of tensors and views, as nki.language.NkiTensor has it: every operation gives a new
// view of the same bytes. Dimension 0 of an on-chip tile is the partition dimension: it never
// drops, moves or merges, and an on-chip tile stays at least two-dimensional.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "isa/view.h"
#include "program/program.h"

namespace trainyard {

using Shape = std::vector<std::int64_t>;

// One item of an index expression. `slice`: absent ends are open, negative ones count from the end.
struct IndexItem {
  enum class Kind : std::uint8_t { index, slice, ellipsis, new_axis, reg_index, reg_slice };
  static constexpr std::int64_t kOpen = INT64_MIN;

  Kind kind = Kind::slice;
  std::int64_t start = kOpen;  // index, slice
  std::int64_t stop = kOpen;   // slice; reg_slice: how many elements
  std::int64_t step = 1;
  RegisterId reg = kNoRegister;
};

// [[step, count], …] in elements, outermost first, as .ap() takes it.
struct Pattern {
  std::vector<std::pair<std::int64_t, std::int64_t>> dims;
};

// A dimension pattern of rearrange(): names, grouped; ("b", ("h", "w")) is {{"b"}, {"h", "w"}}.
using NamedDims = std::vector<std::vector<std::string>>;

class Tile {
 public:
  Tile() = default;
  // A whole tensor.
  Tile(const View& view, const TensorInfo& info);

  const View& view() const { return view_; }
  int rank() const { return view_.rank; }
  std::int64_t extent(int dim) const { return view_.dims[dim].count; }
  // In elements; of an on-chip dim 0 in elements of the storage, as NKI counts it.
  std::int64_t stride(int dim) const;
  std::int64_t offset() const;
  bool is_contiguous() const;
  // What a value known only at run time selects; to be given to Builder::add_indirect.
  const std::optional<Indirect>& indirect() const { return indirect_; }
  void bind_indirect(std::uint32_t id) {
    view_.indirect = id;
    view_.columns = indirect_->kind == IndirectKind::columns;
  }
  // Size of the dimension that slice() or select() took an unknown part of; 0 after ap().
  std::int64_t indexed_extent() const { return indexed_extent_; }

  Tile at(const IndexItem* items, int count) const;
  // As the methods of NkiTensor: from 0 to the extent, where at() also counts from the end.
  Tile slice(int dim, std::int64_t start, std::int64_t stop, std::int64_t step) const;
  Tile select(int dim, std::int64_t index) const;
  Tile select(int dim, const Tile& index) const;  // a (1, 1) tile read at run time
  Tile select(int dim, RegisterId index) const;
  Tile slice(int dim, RegisterId start, std::int64_t count) const;
  Tile vector_select(int dim, const Tile& rows) const;

  Tile permute(const std::vector<int>& dims) const;
  Tile broadcast(int dim, std::int64_t size) const;
  Tile expand_dim(int dim) const;
  Tile squeeze_dim(int dim) const;
  Tile reshape(Shape shape) const;
  Tile reshape_dim(int dim, Shape shape) const;
  Tile flatten_dims(int start_dim, int end_dim) const;
  Tile rearrange(const NamedDims& from, const NamedDims& to,
                 const std::vector<std::pair<std::string, std::int64_t>>& sizes) const;
  Tile as(DType dtype) const;

  // Explicit pattern. `offset` counts from the start of this view; the first pair of an on-chip
  // pattern walks partitions. At most one of the three indices; `indirect_dim` is a dimension of
  // this view, whose stride scales the index.
  struct Dynamic {
    const Tile* scalar = nullptr;
    RegisterId reg = kNoRegister;
    const Tile* vector = nullptr;
    int dim = 0;
  };
  Tile ap(const Pattern& pattern, std::int64_t offset, const Dynamic& dynamic,
          std::optional<DType> dtype) const;
  // A pattern may leave its tensor as long as nothing uses it: published kernels make such views
  // for a last block and then skip it. Throws if this is one, or part of one.
  void check_used() const {
    if (beyond_) check_inside("ap");
  }
  // Tensor indirection: element i of a row lies at free offset index[i % group, i / group].
  Tile indirect(const Tile& index, std::int64_t count) const;

 private:
  std::int64_t element_bytes() const { return static_cast<std::int64_t>(dtype_bytes(view_.dtype)); }
  std::int64_t pitch() const { return storage_bytes_ / element_bytes(); }
  bool chip() const { return on_chip(view_.space); }
  bool rows_indirect() const { return indirect_ && indirect_->kind == IndirectKind::vector_rows; }
  // Whether dim 0 must stay where and what it is.
  bool dim0_fixed() const { return chip() || rows_indirect(); }
  Tile cut(int dim, std::int64_t start, std::int64_t stop, std::int64_t step) const;
  int checked_dim(const char* what, int dim, int limit) const;
  void move(int dim, std::int64_t elements);
  void insert(int dim, Dim added);
  // Throws if the numbers are larger than a view can hold.
  static Dim dim_of(const char* what, std::int64_t step, std::int64_t count);
  void check_elements(const char* what) const;
  void remove(int dim);
  // The view's start moves by run-time index x scale along `dim`.
  void attach(Indirect indirect, int dim, std::int64_t count);
  // Bytes from the first to behind the last byte touched from dimension `first` on.
  std::int64_t reach_bytes(int first) const;
  std::int64_t index_limit(std::int64_t scale_bytes, int first_dim) const;
  void check_inside(const char* what) const;

  View view_;
  std::int32_t storage_partitions_ = 1;
  std::int64_t storage_bytes_ = 0;  // on chip: of each partition
  std::optional<Indirect> indirect_;
  std::int64_t indexed_extent_ = 0;
  bool beyond_ = false;  // ap() may have left the tensor
};

// "(128, 512)"
std::string shape_text(const Tile& tile);
std::string shape_text(const Shape& shape);

}  // namespace trainyard
