// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/max8.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/operand_rules.h"

namespace trainyard {
namespace {

constexpr int kValues = 8;
constexpr std::int64_t kElementsMax = 16384;
constexpr int kRankMax = 3;
constexpr std::uint32_t kNowhere = 0xffffffff;
constexpr DTypeSet kIndexDTypes = dtypes(DType::uint16, DType::uint32);

void check_rank(const char* name, const View& view) {
  if (view.rank <= kRankMax) return;
  refuse(name, fmt::format("must have at most {} dimensions, not {}", kRankMax, view.rank),
         "merge its free dimensions with reshape");
}

void check_searched(const char* name, const View& data) {
  check_rank(name, data);
  const std::int64_t elements = data.elements_per_partition();
  if (elements >= kValues && elements <= kElementsMax) return;
  refuse(name,
         fmt::format("must have 8 to {} elements per partition, not {}", kElementsMax, elements),
         "search a longer row in parts");
}

// NaN is no larger than anything; what is missing is -inf.
void largest8(const float* x, std::size_t count, float* top) {
  std::fill_n(top, kValues, -std::numeric_limits<float>::infinity());
  for (std::size_t i = 0; i < count; ++i) {
    if (!(x[i] > top[kValues - 1])) continue;
    int k = kValues - 1;
    for (; k > 0 && x[i] > top[k - 1]; --k) top[k] = top[k - 1];
    top[k] = x[i];
  }
}

// The places of `vals` in a row. Of equal values each looks behind the place of the one before it,
// `order` saying in which order they look.
void find8(const float* x, std::size_t count, const float* vals, bool descending,
           std::uint32_t* places) {
  for (int step = 0; step < kValues; ++step) {
    const int k = descending ? kValues - 1 - step : step;
    std::size_t start = 0;
    for (int before = step - 1; before >= 0; --before) {
      const int other = descending ? kValues - 1 - before : before;
      if (vals[other] != vals[k]) continue;
      start = places[other] == kNowhere ? count : places[other] + 1;
      break;
    }
    const float* at = std::find(x + start, x + count, vals[k]);
    places[k] = at == x + count ? kNowhere : static_cast<std::uint32_t>(at - x);
  }
}

Cost search_cost(const Machine& machine, const View& data) {
  EngineWork work;
  work.cycles =
      static_cast<double>(data.elements_per_partition()) * stride_cycles(machine, {&data});
  work.lane_ops = data.elements();
  return vector_cost(machine, work);
}

}  // namespace

void Max8::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes}, dst);
  v.tile({.name = "src", .dtypes = kValueDTypes}, src);
}

void Max8::check(const CheckContext&) const {
  check_searched("src", src);
  require_same_partitions("dst", dst, "src", src);
  require_elements("dst", dst, kValues, "the eight largest values");
}

void Max8::execute(CoreState& core, Engine) const {
  const Rows from = core.access(src, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  const auto elements = static_cast<std::size_t>(from.elements);
  float* x = core.scratch(0, groups.floats());
  float* top = core.scratch(1, static_cast<std::size_t>(to.partitions) * kValues);
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t) {
    load_rows(from, first, n, x);
    for (std::int32_t p = 0; p < n; ++p) {
      largest8(x + static_cast<std::size_t>(p) * elements, elements, top + p * kValues);
    }
    core.store_rows(to, first, n, top);
  });
}

Cost Max8::cost(const Machine& machine, Engine) const {
  return search_cost(machine, src);
}

void NcFindIndex8::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kIndexDTypes}, dst);
  v.tile({.name = "data", .dtypes = kValueDTypes}, data);
  v.tile({.name = "vals", .dtypes = kValueDTypes}, vals);
}

void NcFindIndex8::check(const CheckContext&) const {
  check_searched("data", data);
  check_rank("vals", vals);
  require_same_partitions("vals", vals, "data", data);
  require_elements("vals", vals, kValues, "eight values to look for");
  require_same_partitions("dst", dst, "data", data);
  require_elements("dst", dst, kValues, "an index for each value");
}

void NcFindIndex8::execute(CoreState& core, Engine) const {
  const Rows from = core.access(data, Touch::read);
  const Rows wanted = core.access(vals, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from, &wanted});
  const auto elements = static_cast<std::size_t>(from.elements);
  const std::size_t values = static_cast<std::size_t>(to.partitions) * kValues;
  float* x = core.scratch(0, groups.floats());
  float* y = core.scratch(1, values);
  auto* places = reinterpret_cast<std::uint32_t*>(core.scratch(2, values));
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t) {
    load_rows(from, first, n, x);
    load_rows(wanted, first, n, y);
    for (std::int32_t p = 0; p < n; ++p) {
      find8(x + static_cast<std::size_t>(p) * elements, elements, y + p * kValues, false,
            places + p * kValues);
    }
    store_rows_bits(to, first, n, places);
  });
}

Cost NcFindIndex8::cost(const Machine& machine, Engine) const {
  return search_cost(machine, data);
}

void NcMatchReplace8::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes}, dst);
  v.tile({.name = "data", .dtypes = kValueDTypes}, data);
  v.tile({.name = "vals", .dtypes = kValueDTypes}, vals);
  v.number({.name = "imm"}, imm);
  v.tile({.name = "dst_idx", .touch = Touch::write, .dtypes = kIndexDTypes, .need = Need::optional},
         dst_idx);
}

void NcMatchReplace8::check(const CheckContext&) const {
  check_searched("data", data);
  require_same_size("dst", dst, "data", data);
  require_same_partitions("vals", vals, "data", data);
  require_elements("vals", vals, kValues, "eight values to look for");
  if (dst_idx.present()) {
    require_same_partitions("dst_idx", dst_idx, "data", data);
    require_elements("dst_idx", dst_idx, kValues, "an index for each value");
  }
}

void NcMatchReplace8::execute(CoreState& core, Engine) const {
  const Rows from = core.access(data, Touch::read);
  const Rows wanted = core.access(vals, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from, &wanted});
  const auto elements = static_cast<std::size_t>(from.elements);
  const std::size_t values = static_cast<std::size_t>(to.partitions) * kValues;
  float* x = core.scratch(0, groups.floats());
  float* y = core.scratch(1, values);
  auto* places = reinterpret_cast<std::uint32_t*>(core.scratch(2, values));
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t) {
    load_rows(from, first, n, x);
    load_rows(wanted, first, n, y);
    for (std::int32_t p = 0; p < n; ++p) {
      float* row = x + static_cast<std::size_t>(p) * elements;
      std::uint32_t* place = places + (first + p) * kValues;
      find8(row, elements, y + p * kValues, true, place);
      for (int k = 0; k < kValues; ++k) {
        if (place[k] != kNowhere) row[place[k]] = static_cast<float>(imm);
      }
    }
    core.store_rows(to, first, n, x);
  });
  if (dst_idx.present()) {
    const Rows index = core.access(dst_idx, Touch::write);
    store_rows_bits(index, 0, index.partitions, places);
  }
}

Cost NcMatchReplace8::cost(const Machine& machine, Engine) const {
  return search_cost(machine, data);
}

}  // namespace trainyard
