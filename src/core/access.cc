// SPDX-License-Identifier: Apache-2.0
// Views to bytes. A static view costs some twenty nanoseconds: it was checked when it was recorded,
// and of a tensor that is wholly written nothing is remembered.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/fault.h"
#include "core/neuron_core.h"

namespace trainyard {

// Walks the runs of each row; evenly spaced on-chip rows are one walk for all their partitions.
template <class Use>
bool NeuronCore::each_extent(const Tensor& t, const Rows& rows, const View& view, Use&& use) {
  const auto size = static_cast<std::int64_t>(dtype_bytes(rows.dtype));
  const auto run = [&](const PartitionMask& mask, std::int64_t from, std::int64_t bytes) {
    const std::int64_t first = from >> t.element_shift;
    return use(mask, first, ((from + bytes - 1) >> t.element_shift) - first + 1);
  };
  // The free dimensions of one row that starts `from` bytes into its partition.
  const auto walk = [&](const PartitionMask& mask, std::int64_t from) {
    std::array<std::int32_t, kMaxRank> index{};
    int inner = rows.rank - 1;
    std::int64_t bytes = size;
    if (inner >= 0 && rows.step_bytes[static_cast<std::size_t>(inner)] == size) {
      bytes *= rows.count[static_cast<std::size_t>(inner)];
      --inner;
    }
    for (;;) {
      if (!run(mask, from, bytes)) return false;
      int d = inner;
      for (; d >= 0; --d) {
        const auto k = static_cast<std::size_t>(d);
        from += rows.step_bytes[k];
        if (++index[k] < rows.count[k]) break;
        from -= rows.count[k] * rows.step_bytes[k];
        index[k] = 0;
      }
      if (d < 0) return true;
    }
  };
  const std::int64_t base = rows.base - t.base;
  const bool chip = t.partitions != 0;
  const bool by_row = rows.row_offset_bytes != nullptr || rows.column_offset_bytes != nullptr;
  if (chip && !by_row) {
    const std::int64_t first = base / t.pitch_bytes;
    PartitionMask mask;
    const std::int32_t step = view.rank == 0 ? 1 : view.dims[0].step;
    if (step == 1) {
      mask = PartitionMask::range(static_cast<std::int32_t>(first), rows.partitions);
    } else {
      for (std::int32_t p = 0; p < rows.partitions; ++p) {
        const auto one = PartitionMask::one(static_cast<std::int32_t>(first) + p * step);
        mask.low |= one.low;
        mask.high |= one.high;
      }
    }
    return walk(mask, base % t.pitch_bytes);
  }
  if (!chip && !by_row && rows.dense() && rows.partition_step_bytes == rows.elements * size) {
    return run({}, base, rows.partitions * rows.elements * size);
  }
  for (std::int32_t p = 0; p < rows.partitions; ++p) {
    if (rows.skipped(p)) continue;
    std::int64_t from = rows.row(p) - t.base;
    PartitionMask mask;
    if (chip) {
      mask = PartitionMask::one(static_cast<std::int32_t>(from / t.pitch_bytes));
      from %= t.pitch_bytes;
    }
    if (rows.column_offset_bytes == nullptr) {
      if (!walk(mask, from)) return false;
      continue;
    }
    const std::int64_t* offset = rows.column_offset_bytes + p / rows.column_group * rows.elements;
    for (std::int64_t i = 0; i < rows.elements; ++i) {
      if (!run(mask, from + offset[i], size)) return false;
    }
  }
  return true;
}

Rows NeuronCore::resolve(const Tensor& t, const View& view) const {
  const auto size = static_cast<std::int64_t>(dtype_bytes(view.dtype));
  Rows rows;
  rows.dtype = view.dtype;
  const std::int64_t step = view.rank == 0 ? 0 : view.dims[0].step;
  rows.partitions = view.partitions();
  rows.partition_step_bytes = t.partitions != 0 ? step * t.pitch_bytes : step * size;
  rows.base = t.base + view.offset_bytes + view.partition * t.pitch_bytes;
  for (int d = 1; d < view.rank; ++d) {
    const Dim& dim = view.dims[static_cast<std::size_t>(d)];
    if (dim.count == 1) continue;
    rows.elements *= dim.count;
    const std::int64_t step_bytes = dim.step * size;
    const std::size_t last = rows.rank - std::size_t{1};
    if (rows.rank > 0 && rows.step_bytes[last] == dim.count * step_bytes &&
        std::int64_t{rows.count[last]} * dim.count <= std::numeric_limits<std::int32_t>::max()) {
      rows.count[last] *= dim.count;
      rows.step_bytes[last] = step_bytes;
    } else {
      rows.count[rows.rank] = dim.count;
      rows.step_bytes[rows.rank++] = step_bytes;
    }
  }
  return rows;
}

// Every element of the tensor, each once.
bool NeuronCore::covers(const Tensor& t, const View& view, const Rows& rows) {
  if (view.indirect != 0 || !rows.dense()) return false;
  const auto size = static_cast<std::int64_t>(dtype_bytes(rows.dtype));
  const std::int64_t row_bytes = rows.elements * size;
  if (t.partitions == 0) {
    return rows.partitions * row_bytes == t.partition_bytes &&
           (rows.partitions == 1 || rows.partition_step_bytes == row_bytes);
  }
  return row_bytes == t.partition_bytes && rows.partitions == t.partitions &&
         (rows.partitions == 1 || rows.partition_step_bytes == t.pitch_bytes);
}

Rows NeuronCore::access(const View& view, Touch touch, OobMode oob) {
  Tensor& t = live(view.tensor);
  Rows rows = resolve(t, view);
  if (view.indirect != 0) resolve_index(t, view, oob, rows);
  t.modified |= writes(touch);
  wrote_shared_ |= t.common && writes(touch);
  if (t.common) {
    logical_->races().touch(t.base, program_->tensor(view.tensor).name, rows,
                            {*program_, instruction_, where_, seat_->self(), writes(touch)},
                            seat_->clock());
  }
  if (t.address_byte >= 0) follow_writers(t, view, rows, touch);
  WrittenMap& map = t.map();
  if (map.state() == WrittenMap::State::all) return rows;
  const bool whole = touch == Touch::write && covers(t, view, rows);
  if (!t.filled && (!whole || t.address_byte >= 0)) fill(t);
  if (reads(touch) && !t.aliased &&
      !each_extent(t, rows, view,
                   [&](const PartitionMask& mask, std::int64_t first, std::int64_t count) {
                     return map.all(mask, first, count);
                   })) {
    note_read(t, view);
  }
  if (!writes(touch)) return rows;
  if (whole) {
    map.set_all();
    if (t.address_byte < 0 && !t.common) wholly_written_.push_back(view.tensor);
  } else {
    each_extent(t, rows, view,
                [&](const PartitionMask& mask, std::int64_t first, std::int64_t count) {
                  map.mark(mask, first, count);
                  return true;
                });
  }
  return rows;
}

// Where a view lies now, noting nothing. What its index takes of `offsets_` is free again.
Rows NeuronCore::find(const Tensor& t, const View& view) const {
  Rows rows = resolve(t, view);
  if (view.indirect == 0) return rows;
  auto& core = const_cast<NeuronCore&>(*this);
  const std::size_t used = offsets_used_;
  core.resolve_index(t, view, OobMode::error, rows);
  core.offsets_used_ = used;
  return rows;
}

Rows NeuronCore::look(const View& view) {
  Tensor& t = live(view.tensor);
  if (!t.filled && t.map().state() != WrittenMap::State::all) fill(t);
  return find(t, view);
}

// Whether a note about this tensor and place in the source was not taken before.
bool NeuronCore::is_new(const Tensor& t, TensorId id, std::uint32_t kind) {
  constexpr std::size_t kMostNotes = 1000;
  // Tensors made by one line of a loop are one.
  const std::uint64_t tensor = t.where != 0 ? t.where : std::uint64_t{id} | 1ULL << 30;
  const std::uint64_t note = (tensor | std::uint64_t{kind} << 31) << 32 | where_;
  return noted_.size() < kMostNotes && noted_.insert(note).second;
}

void NeuronCore::note_read(const Tensor& t, const View& view) {
  if (is_new(t, view.tensor, 0)) unwritten_reads_.push_back({view.tensor, instruction_, where_});
}

// Of a static view the smallest rectangle; where an index decides, the whole tensor is not told.
void NeuronCore::follow_writers(const Tensor& t, const View& view, const Rows& rows, Touch touch) {
  if (view.indirect != 0) return;
  Array& array = arrays_[t.space == Space::sbuf ? 0 : 1];
  const std::int64_t base = rows.base - array.bytes.get();
  const std::int32_t step = view.rank == 0 ? 0 : view.dims[0].step;
  const auto first = static_cast<std::int32_t>(base / array.pitch_bytes);
  const std::int32_t last = first + step * (rows.partitions - 1);
  Extent extent{std::min(first, last), std::max(first, last) + 1, base % array.pitch_bytes, 0};
  extent.end_byte = extent.first_byte + static_cast<std::int64_t>(dtype_bytes(rows.dtype));
  for (std::size_t d = 0; d < rows.rank; ++d) {
    const std::int64_t bytes = rows.step_bytes[d] * (rows.count[d] - 1);
    (bytes < 0 ? extent.first_byte : extent.end_byte) += bytes;
  }
  if (reads(touch)) {
    const LastWriter* writer = array.writers.other_writer(view.tensor, extent);
    if (writer != nullptr && is_new(t, view.tensor, 1)) {
      overwritten_reads_.push_back(
          {view.tensor, instruction_, where_, writer->tensor, writer->where});
    }
  }
  if (writes(touch)) array.writers.wrote({view.tensor, where_, extent});
}

CoreState::Written NeuronCore::written(const View& view) const {
  const Tensor& t = live(view.tensor);
  if (t.map().state() == WrittenMap::State::none) return Written::none;
  if (t.map().state() == WrittenMap::State::all) return Written::all;
  bool all = true;
  bool any = false;
  each_extent(t, find(t, view), view,
              [&](const PartitionMask& mask, std::int64_t first, std::int64_t count) {
                if (all && !t.map().all(mask, first, count)) all = false;
                if (!any && t.map().any(mask, first, count)) any = true;
                return all || !any;
              });
  return all ? Written::all : any ? Written::some : Written::none;
}

bool NeuronCore::element_written(const View& view, std::int32_t p, std::int64_t i) const {
  const Tensor& t = live(view.tensor);
  const Rows rows = find(t, view);
  std::int64_t at = rows.row(p) - t.base;
  if (rows.column_offset_bytes != nullptr) {
    at += rows.column_offset_bytes[p / rows.column_group * rows.elements + i];
  } else {
    for (int d = rows.rank - 1; d >= 0; --d) {
      const auto k = static_cast<std::size_t>(d);
      at += i % rows.count[k] * rows.step_bytes[k];
      i /= rows.count[k];
    }
  }
  if (t.partitions == 0) return t.map().all({}, at >> t.element_shift, 1);
  const auto mask = PartitionMask::one(static_cast<std::int32_t>(at / t.pitch_bytes));
  return t.map().all(mask, at % t.pitch_bytes >> t.element_shift, 1);
}

}  // namespace trainyard
