// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/gather.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/engine_cost.h"
#include "isa/instructions/operand_rules.h"
#include "isa/instructions/refuse.h"

namespace trainyard {
namespace {

// One GpSimd processor serves 16 partitions; these are the terms of the instruction, not of a chip.
constexpr std::int32_t kGroup = 16;
constexpr std::int64_t kIndicesMax = 4096;
constexpr std::int64_t kGatherGroup = 512;

void check_index(const char* operand, std::int64_t index, std::int64_t limit, std::int32_t p) {
  if (index < limit) return;
  refuse(operand,
         fmt::format("index {} of partition {} is out of bounds: there are {} elements", index, p,
                     limit),
         "indices count elements of one partition from 0");
}

}  // namespace

void LocalGather::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .spaces = kSbuf}, dst);
  v.tile({.name = "src_buffer", .spaces = kSbuf}, src_buffer);
  v.tile({.name = "index", .spaces = kSbuf, .dtypes = dtypes(DType::uint16)}, index);
  v.integer({.name = "num_elem_per_idx", .need = Need::optional}, num_elem_per_idx);
  v.integer({.name = "num_valid_indices", .need = Need::optional}, num_valid_indices);
}

std::int64_t LocalGather::valid_indices() const {
  return num_valid_indices == kAllIndices ? index.elements_per_partition() * kGroup
                                          : num_valid_indices;
}

void LocalGather::check(const CheckContext&) const {
  require_same_dtype("dst", dst, "src_buffer", src_buffer);
  const std::int32_t partitions = src_buffer.partitions();
  if (partitions % kGroup != 0) {
    refuse("src_buffer", fmt::format("must have a multiple of 16 partitions, not {}", partitions),
           "each GpSimd processor serves 16");
  }
  for (const auto& [name, view] : {std::pair{"index", &index}, std::pair{"dst", &dst}}) {
    if (view->partitions() != partitions) {
      refuse(name,
             fmt::format("must have the {} partitions of src_buffer, not {}", partitions,
                         view->partitions()),
             "slice it");
    }
  }
  const std::int64_t n = num_elem_per_idx;
  if (n < 1 || n > 32 || (n & (n - 1)) != 0) {
    refuse("num_elem_per_idx", fmt::format("must be 1, 2, 4, 8, 16 or 32, not {}", n),
           "gather in several instructions");
  }
  const std::int64_t held = index.elements_per_partition() * kGroup;
  const std::int64_t valid = valid_indices();
  if (valid < 1 || valid > std::min(held, kIndicesMax)) {
    refuse("num_valid_indices",
           fmt::format("must be 1 to {}, not {}", std::min(held, kIndicesMax), valid),
           fmt::format("16 rows of index hold {} indices; at most 4096 can be used", held));
  }
  if (dst.elements_per_partition() != valid * n) {
    refuse("dst",
           fmt::format("must have {} elements per partition ({} indices of {} elements), not {}",
                       valid * n, valid, n, dst.elements_per_partition()),
           "slice it, or give num_valid_indices");
  }
}

void LocalGather::execute(CoreState& core, Engine) const {
  const Rows source = core.access(src_buffer, Touch::read);
  const Rows chosen = core.access(index, Touch::read);
  const std::int64_t n = num_elem_per_idx;
  const std::int64_t valid = valid_indices();
  auto* row =
      reinterpret_cast<std::uint32_t*>(core.scratch(0, static_cast<std::size_t>(source.elements)));
  auto* indices = reinterpret_cast<std::uint32_t*>(
      core.scratch(1, static_cast<std::size_t>(chosen.elements * chosen.partitions)));
  auto* out =
      reinterpret_cast<std::uint32_t*>(core.scratch(2, static_cast<std::size_t>(valid * n)));
  const auto chosen_by = [&](std::int32_t group, std::int64_t j) -> std::int64_t {
    return indices[(group + j % kGroup) * chosen.elements + j / kGroup];
  };
  // All indices first: nothing is written if one is wrong, and dst may lie over them.
  load_rows_bits(chosen, 0, chosen.partitions, indices);
  for (std::int32_t group = 0; group < source.partitions; group += kGroup) {
    for (std::int64_t j = 0; j < valid; ++j) {
      check_index("index", chosen_by(group, j) + n - 1, source.elements,
                  group + static_cast<std::int32_t>(j % kGroup));
    }
  }
  const Rows to = core.access(dst, Touch::write);
  for (std::int32_t group = 0; group < source.partitions; group += kGroup) {
    for (std::int32_t p = group; p < group + kGroup; ++p) {
      load_rows_bits(source, p, 1, row);
      for (std::int64_t j = 0; j < valid; ++j) {
        std::copy_n(row + chosen_by(group, j), n, out + j * n);
      }
      store_rows_bits(to, p, 1, out);
    }
  }
}

Cost LocalGather::cost(const Machine& machine, Engine) const {
  // The formula of the 2.26 docstring, with its constants 28 and t = 4.
  const auto n = static_cast<double>(num_elem_per_idx);
  const double words = 4.0 / static_cast<double>(dtype_bytes(src_buffer.dtype));
  const double rate = ((28.0 + 4.0 * n) / (4.0 * n)) / std::min(words, n);
  return gpsimd_cost(machine, {.cycles = static_cast<double>(valid_indices()) * n / rate,
                               .lane_ops = dst.elements()});
}

void NcNGather::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .spaces = kSbuf}, dst);
  v.tile({.name = "data", .spaces = kSbuf}, data);
  v.tile({.name = "indices", .spaces = kSbuf, .dtypes = dtypes(DType::uint32)}, indices);
}

void NcNGather::check(const CheckContext&) const {
  require_same_dtype("dst", dst, "data", data);
  for (const auto& [name, view] : {std::pair{"indices", &indices}, std::pair{"dst", &dst}}) {
    if (view->partitions() != data.partitions()) {
      refuse(name,
             fmt::format("must have the {} partitions of data, not {}", data.partitions(),
                         view->partitions()),
             "slice it");
    }
  }
  if (dst.elements_per_partition() != indices.elements_per_partition()) {
    refuse("dst",
           fmt::format("must have one element per index: {} elements, {} indices",
                       dst.elements_per_partition(), indices.elements_per_partition()),
           "slice the larger one");
  }
}

void NcNGather::execute(CoreState& core, Engine) const {
  const Rows source = core.access(data, Touch::read);
  const Rows chosen = core.access(indices, Touch::read);
  const auto count = static_cast<std::size_t>(chosen.elements);
  auto* row =
      reinterpret_cast<std::uint32_t*>(core.scratch(0, static_cast<std::size_t>(source.elements)));
  auto* at = reinterpret_cast<std::uint32_t*>(
      core.scratch(1, count * static_cast<std::size_t>(chosen.partitions)));
  // All indices first: nothing is written if one is wrong, and dst may lie over them.
  load_rows_bits(chosen, 0, chosen.partitions, at);
  for (std::int32_t p = 0; p < source.partitions; ++p) {
    const std::uint32_t* of_row = at + static_cast<std::size_t>(p) * count;
    for (std::size_t i = 0; i < count; ++i) check_index("indices", of_row[i], source.elements, p);
  }
  const Rows to = core.access(dst, Touch::write);
  for (std::int32_t p = 0; p < source.partitions; ++p) {
    load_rows_bits(source, p, 1, row);
    std::uint32_t* of_row = at + static_cast<std::size_t>(p) * count;
    for (std::size_t i = 0; i < count; ++i) of_row[i] = row[of_row[i]];
    store_rows_bits(to, p, 1, of_row);
  }
}

Cost NcNGather::cost(const Machine& machine, Engine) const {
  const std::int64_t elements = dst.elements_per_partition();
  const std::int64_t groups = (elements + kGatherGroup - 1) / kGatherGroup;
  // The first group's fixed part is every GpSimd instruction's.
  const double groups_more = machine.gpsimd.fixed_latency_cycles * static_cast<double>(groups - 1);
  return gpsimd_cost(
      machine, {.cycles = groups_more + static_cast<double>(elements), .lane_ops = dst.elements()});
}

}  // namespace trainyard
