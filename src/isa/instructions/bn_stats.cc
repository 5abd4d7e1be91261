// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/bn_stats.h"

#include <fmt/format.h>

#include <bit>

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/operand_rules.h"

namespace trainyard {
namespace {

constexpr std::int64_t kChunkMax = 512;   // nl.tile_size.bn_stats_fmax
constexpr std::int64_t kChunkFields = 3;  // count, mean, variance * count

// Hosts disagree on the bits of a NaN that arithmetic makes.
float one_nan(float x) {
  return x == x ? x : std::bit_cast<float>(0x7fc00000U);
}

// The statistics of `count` values, which are overwritten.
void chunk_statistics(float* x, std::size_t count, float* out) {
  out[0] = static_cast<float>(count);
  out[1] = out[2] = 0.0F;
  if (count == 0) return;
  out[1] = one_nan(alu_reduce_row(AluOp::add, x, count, 0.0F) / out[0]);
  alu_row_scalar(AluOp::subtract, x, out[1], false, count, x);
  alu_row(AluOp::multiply, x, x, count, x);
  out[2] = alu_reduce_row(AluOp::add, x, count, 0.0F);
}

}  // namespace

void BnStats::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes}, dst);
  v.tile({.name = "data", .dtypes = kValueDTypes}, data);
}

void BnStats::check(const CheckContext&) const {
  require_same_partitions("dst", dst, "data", data);
  require_elements("dst", dst, 2 * kChunkFields, "count, mean, variance * count, twice");
  if (data.elements_per_partition() > kChunkMax) {
    refuse("data",
           fmt::format("must have at most {} elements per partition, not {}", kChunkMax,
                       data.elements_per_partition()),
           "call bn_stats on chunks of 512 and join them with bn_aggr");
  }
}

void BnStats::execute(CoreState& core, Engine) const {
  const Rows from = core.access(data, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  const auto elements = static_cast<std::size_t>(from.elements);
  float* x = core.scratch(0, groups.floats());
  float* half = core.scratch(1, elements);
  float* out = core.scratch(2, static_cast<std::size_t>(to.partitions) * 2 * kChunkFields);
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t) {
    load_rows(from, first, n, x);
    const float* row = x;
    for (std::int32_t p = 0; p < n; ++p, row += elements) {
      for (std::size_t odd = 0; odd < 2; ++odd) {
        std::size_t count = 0;
        for (std::size_t i = odd; i < elements; i += 2) half[count++] = row[i];
        const std::size_t field = (static_cast<std::size_t>(p) * 2 + odd) * kChunkFields;
        chunk_statistics(half, count, out + field);
      }
    }
    core.store_rows(to, first, n, out);
  });
}

Cost BnStats::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles =
      static_cast<double>(data.elements_per_partition()) * stride_cycles(machine, {&data});
  work.lane_ops = data.elements();
  return vector_cost(machine, work);
}

void BnAggr::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes}, dst);
  v.tile({.name = "data", .dtypes = kValueDTypes}, data);
}

void BnAggr::check(const CheckContext&) const {
  require_same_partitions("dst", dst, "data", data);
  require_elements("dst", dst, 2, "mean and variance");
  if (data.elements_per_partition() % kChunkFields != 0) {
    refuse("data",
           fmt::format("must have a multiple of 3 elements per partition, not {}",
                       data.elements_per_partition()),
           "give outputs of bn_stats: count, mean, variance * count");
  }
}

void BnAggr::execute(CoreState& core, Engine) const {
  const Rows from = core.access(data, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  const std::int64_t elements = from.elements;
  float* x = core.scratch(0, groups.floats());
  float* out = core.scratch(1, static_cast<std::size_t>(to.partitions) * 2);
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t) {
    load_rows(from, first, n, x);
    const float* row = x;
    for (std::int32_t p = 0; p < n; ++p, row += elements) {
      float total = 0.0F, sum = 0.0F, squares = 0.0F;
      for (std::int64_t i = 0; i < elements; i += kChunkFields) {
        total += row[i];
        sum += row[i] * row[i + 1];
      }
      const float mean = sum / total;
      for (std::int64_t i = 0; i < elements; i += kChunkFields) {
        const float deviation = row[i + 1] - mean;
        squares += row[i + 2] + row[i] * deviation * deviation;
      }
      out[2 * p] = one_nan(mean);
      out[2 * p + 1] = one_nan(squares / total);
    }
    core.store_rows(to, first, n, out);
  });
}

Cost BnAggr::cost(const Machine& machine, Engine) const {
  EngineWork work;
  work.cycles = static_cast<double>(data.elements_per_partition()) *
                machine.vector.bn_aggr_cycles_per_element * stride_cycles(machine, {&data});
  work.lane_ops = data.elements();
  return vector_cost(machine, work);
}

}  // namespace trainyard
