// SPDX-License-Identifier: Apache-2.0
// Collectives whose counts are known at run time only.
#include <fmt/format.h>

#include <cstring>

#include "base/fault.h"
#include "isa/instructions/collectives.h"
#include "isa/instructions/refuse.h"

namespace trainyard {
namespace {

enum Kind : std::int64_t { kToAllV = 100, kGatherV };
enum Row : std::int64_t { kSendCounts, kSendDispls, kRecvCounts, kRecvDispls };

[[noreturn]] void outside(const char* operand, const char* what, std::int64_t first,
                          std::int64_t count, std::int64_t size) {
  refuse(operand, fmt::format("{} {} to {} of {} elements", what, first, first + count, size),
         "mend the counts and displacements in metadata_tensor");
}

// `one_chunk`: the same elements go to every rank.
void execute_v(CoreState& core, const CollectiveWithCounts& of, Kind kind, bool one_chunk) {
  CollectiveExchange all(core, kind, of.group);
  const View& src = of.srcs.views[0];
  const View& dst = of.dsts.views[0];
  const auto size = static_cast<std::int64_t>(dtype_bytes(src.dtype));
  const std::int64_t n = all.count();
  std::vector<std::uint32_t> table(static_cast<std::size_t>(of.metadata.elements()));
  const Rows meta = core.access(of.metadata, Touch::read_write);
  load_rows_bits(meta, 0, meta.partitions, table.data());
  const auto cell = [&](Row row, std::int64_t column) -> std::uint32_t& {
    return table[static_cast<std::size_t>(row * n + column)];
  };
  Peers::Message whole;
  if (!all.exchange([&](int member) -> Peers::Message {
        const std::int64_t column = one_chunk ? 0 : member;
        const std::int64_t count = cell(kSendCounts, column), first = cell(kSendDispls, column);
        if (first + count > src.elements()) outside("srcs", "sends", first, count, src.elements());
        if (!whole) whole = CollectiveExchange::bytes_of(core, src);
        return std::make_shared<std::vector<std::byte>>(whole->begin() + first * size,
                                                        whole->begin() + (first + count) * size);
      })) {
    return;
  }
  std::vector<std::byte> result(static_cast<std::size_t>(dst.bytes()));
  const Rows rows = core.access(dst, Touch::write_part);
  load_rows_raw(rows, 0, rows.partitions, result.data());
  const std::int64_t slot = dst.elements() / n;
  for (int m = 0; m < all.count(); ++m) {
    const auto count = static_cast<std::int64_t>(all.from(m).size()) / size;
    const std::int64_t first = of.has_rdispls ? cell(kRecvDispls, m) : slot * m;
    const std::int64_t end = of.has_rdispls ? dst.elements() : slot * (m + 1);
    if (first + count > end) outside("dsts", "receives", first, count, end);
    std::memcpy(result.data() + first * size, all.from(m).data(), all.from(m).size());
    if (!of.recv_counts_known) cell(kRecvCounts, m) = static_cast<std::uint32_t>(count);
  }
  store_rows_raw(rows, 0, rows.partitions, result.data());
  if (!of.recv_counts_known) store_rows_bits(meta, 0, meta.partitions, table.data());
}

}  // namespace

void CollectiveWithCounts::visit_counts(ParamVisitor& v) {
  visit_tensors(v);
  v.tile({.name = "metadata_tensor",
          .touch = Touch::read_write,
          .spaces = kSbufOrHbm,
          .dtypes = dtypes(DType::uint32)},
         metadata);
  v.flag({.name = "recv_counts_known", .need = Need::optional}, recv_counts_known);
  v.flag({.name = "has_rdispls", .need = Need::optional}, has_rdispls);
  visit_rest(v);
}
void CollectiveWithCounts::check(const CheckContext& context) const {
  check_collective(context, srcs, dsts, false, priority);
  if (srcs.size > 1) refuse("srcs", "must be one tensor", "call it for each tensor");
  const std::int64_t rows = has_rdispls ? 4 : 3;
  if (metadata.elements() == rows * group.ranks) return;
  refuse("metadata_tensor",
         fmt::format("has {} elements, {} rows of {} ranks are {}", metadata.elements(), rows,
                     group.ranks, rows * group.ranks),
         "send_counts, send_displs, recv_counts and, with has_rdispls, recv_displs");
}

void AllToAllV::visit(ParamVisitor& v) {
  visit_counts(v);
}
void AllToAllV::execute(CoreState& core, Engine) const {
  execute_v(core, *this, kToAllV, false);
}
Cost AllToAllV::cost(const Machine& machine, Engine) const {
  return collective_cost(machine, CollectiveKind::all_to_all, group, bytes_of(srcs));
}

void AllGatherV::visit(ParamVisitor& v) {
  visit_counts(v);
}
void AllGatherV::check(const CheckContext& context) const {
  if (has_rdispls) refuse("has_rdispls", "is not supported", "leave it out");
  CollectiveWithCounts::check(context);
}
void AllGatherV::execute(CoreState& core, Engine) const {
  execute_v(core, *this, kGatherV, true);
}
Cost AllGatherV::cost(const Machine& machine, Engine) const {
  return collective_cost(machine, CollectiveKind::all_gather, group, bytes_of(dsts));
}

}  // namespace trainyard
