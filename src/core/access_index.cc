// SPDX-License-Identifier: Apache-2.0
// Views whose addresses depend on values: registers, index tiles (nki-aps.rst, "Dynamic access").
// Whatever the index holds, no byte outside the tensor is touched.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/fault.h"
#include "core/neuron_core.h"

namespace trainyard {
namespace {

[[noreturn]] void out_of_bounds(const TensorInfo& tensor, std::int64_t index, std::int64_t limit) {
  const std::string name = tensor.name.empty() ? "the tensor" : "'" + tensor.name + "'";
  throw Fault(FaultKind::program,
              fmt::format("index {} is out of bounds: {} has {}", index, name, limit),
              "mask the index, or use oob_mode.skip");
}

// Bytes below and above its first one that a row may touch.
struct Reach {
  std::int64_t low = 0, high = 0;
};

Reach reach_of(const Rows& rows) {
  Reach reach{0, static_cast<std::int64_t>(dtype_bytes(rows.dtype))};
  for (std::size_t d = 0; d < rows.rank; ++d) {
    const std::int64_t bytes = rows.step_bytes[d] * (rows.count[d] - 1);
    (bytes < 0 ? reach.low : reach.high) += bytes;
  }
  return reach;
}

}  // namespace

// An index tile's values, column by column: value i is index[i % P, i / P].
std::vector<std::int64_t>& NeuronCore::load_index(const View& index) {
  const Rows rows = access(index, Touch::read);
  const auto p = static_cast<std::size_t>(rows.partitions);
  const auto n = static_cast<std::size_t>(rows.elements);
  std::vector<std::int64_t> by_row(p * n);
  load_rows_int(rows, 0, rows.partitions, by_row.data());
  if (offsets_used_ == offsets_.size()) offsets_.emplace_back();
  std::vector<std::int64_t>& values = offsets_[offsets_used_++];
  values.resize(p * n);
  for (std::size_t row = 0; row < p; ++row) {
    for (std::size_t i = 0; i < n; ++i) values[i * p + row] = by_row[row * n + i];
  }
  return values;
}

std::int64_t* NeuronCore::skip_all(std::int32_t rows) {
  if (offsets_used_ == offsets_.size()) offsets_.emplace_back();
  std::vector<std::int64_t>& offsets = offsets_[offsets_used_++];
  offsets.assign(static_cast<std::size_t>(rows), Rows::kSkippedRow);
  return offsets.data();
}

void NeuronCore::resolve_index(const Tensor& t, const View& view, OobMode oob, Rows& rows) {
  const Indirect& indirect = program_->indirects[view.indirect - 1];
  const bool chip = t.partitions != 0;
  const Reach reach = reach_of(rows);
  const std::int64_t partition_units = indirect.scale_bytes == 0 ? 1 : indirect.scale_bytes;
  // Whether a row that starts there stays inside the tensor.
  const auto fits = [&](std::int64_t partition, std::int64_t byte) {
    return byte + reach.low >= 0 && byte + reach.high <= t.partition_bytes &&
           (!chip || (partition >= 0 && partition < t.partitions));
  };

  if (indirect.kind == IndirectKind::scalar_register ||
      indirect.kind == IndirectKind::scalar_tile) {
    const std::int64_t value = indirect.kind == IndirectKind::scalar_register
                                   ? register_value(indirect.reg)
                                   : load_index(indirect.index)[0];
    bool inside = value >= 0 && value < indirect.index_limit;
    if (inside) {
      const std::int64_t partition =
          view.partition + (indirect.partition_dim ? value * partition_units : 0);
      const std::int64_t byte =
          view.offset_bytes + (indirect.partition_dim ? 0 : value * indirect.scale_bytes);
      const std::int64_t last = rows.partitions - 1;
      const std::int64_t step = view.rank == 0 ? 0 : view.dims[0].step;
      inside = fits(partition, byte) && (chip ? fits(partition + last * step, byte)
                                              : fits(0, byte + last * rows.partition_step_bytes));
      if (inside) rows.base = t.base + byte + partition * t.pitch_bytes;
    }
    if (inside) return;
    if (oob == OobMode::error) {
      out_of_bounds(program_->tensor(view.tensor), value, indirect.index_limit);
    }
    rows.base = t.base;
    rows.row_offset_bytes = skip_all(rows.partitions);
    return;
  }

  if (indirect.kind == IndirectKind::vector_rows) {
    std::vector<std::int64_t>& offsets = load_index(indirect.index);
    if (offsets.size() < static_cast<std::size_t>(rows.partitions)) {
      throw Fault(FaultKind::program, fmt::format("{} rows need as many indices, there are {}",
                                                  rows.partitions, offsets.size()));
    }
    const std::int64_t step = view.rank == 0 ? 0 : view.dims[0].step;
    for (std::int32_t p = 0; p < rows.partitions; ++p) {
      std::int64_t& value = offsets[static_cast<std::size_t>(p)];
      bool inside = value >= 0 && value < indirect.index_limit;
      if (inside) {
        std::int64_t partition = 0;
        std::int64_t byte = view.offset_bytes;
        if (indirect.partition_dim) {
          partition = view.partition + value * partition_units;
        } else {
          partition = chip ? view.partition + p * step : 0;
          byte += value * indirect.scale_bytes;
        }
        inside = fits(partition, byte);
        if (inside) {
          value = byte + partition * t.pitch_bytes;
          continue;
        }
      }
      if (oob == OobMode::error) {
        out_of_bounds(program_->tensor(view.tensor), value, indirect.index_limit);
      }
      value = Rows::kSkippedRow;
    }
    rows.base = t.base;
    rows.row_offset_bytes = offsets.data();
    return;
  }

  resolve_columns(t, view, indirect, rows);
}

// Offset i of a group of partitions is index[i % group, i / group].
void NeuronCore::resolve_columns(const Tensor& t, const View& view, const Indirect& indirect,
                                 Rows& rows) {
  const std::int64_t step = view.rank == 0 ? 0 : view.dims[0].step;
  const std::int64_t last = view.partition + (rows.partitions - std::int64_t{1}) * step;
  if (t.partitions == 0 || std::min<std::int64_t>(view.partition, last) < 0 ||
      std::max<std::int64_t>(view.partition, last) >= t.partitions) {
    throw Fault(FaultKind::program, "tensor indirection takes partitions of an on-chip tile");
  }
  const std::int32_t group = engine_ == Engine::tensor ? 32 : 16;
  const Rows index = access(indirect.index, Touch::read);
  if (rows.elements > group * index.elements) {
    throw Fault(FaultKind::program, "the index tile holds fewer offsets than the view takes");
  }
  const auto width = static_cast<std::size_t>(index.elements);
  std::vector<std::int64_t> values(width * static_cast<std::size_t>(index.partitions));
  load_rows_int(index, 0, index.partitions, values.data());
  if (offsets_used_ == offsets_.size()) offsets_.emplace_back();
  std::vector<std::int64_t>& offsets = offsets_[offsets_used_++];
  const std::int32_t groups = (rows.partitions + group - 1) / group;
  offsets.resize(static_cast<std::size_t>(groups * rows.elements));
  const auto size = static_cast<std::int64_t>(dtype_bytes(rows.dtype));
  for (std::int32_t g = 0; g < groups; ++g) {
    const std::int32_t lanes = std::min(group, index.partitions - g * group);
    for (std::int64_t i = 0; i < rows.elements; ++i) {
      const std::int64_t row = g * group + i % group;
      if (i % group >= lanes) {
        throw Fault(FaultKind::program, "the index tile holds fewer offsets than the view takes");
      }
      const std::int64_t value =
          values[static_cast<std::size_t>(row) * width + static_cast<std::size_t>(i / group)];
      const std::int64_t byte = value * indirect.scale_bytes;
      if (value < 0 || value >= indirect.index_limit || view.offset_bytes + byte < 0 ||
          view.offset_bytes + byte + size > t.partition_bytes) {
        out_of_bounds(program_->tensor(view.tensor), value, indirect.index_limit);
      }
      offsets[static_cast<std::size_t>(g * rows.elements + i)] = byte;
    }
  }
  rows.column_offset_bytes = offsets.data();
  rows.column_group = group;
}

}  // namespace trainyard
